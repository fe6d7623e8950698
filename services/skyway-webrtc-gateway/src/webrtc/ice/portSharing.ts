import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { GatewayError } from "../../errors.ts";

/** The child gets the socket as the first file descriptor after the standard streams. */
const CHILD_FD = 3;
/** libuv sets SO_REUSEADDR on every UDP socket that it adopts. `dgram` has no such option for existing sockets. */
const OPEN_AND_LEAVE = `require("node:dgram").createSocket("udp4").bind({ fd: ${CHILD_FD} }); process.exit(0);`;

/**
 * Lets further sockets of this user bind a UDP port that this process has bound already: sets SO_REUSEADDR on the
 * library's socket. Node cannot set options of a socket that it has not created. But an option belongs to the socket, not
 * to the process, so a child process that inherits the socket sets it. Linux only.
 *
 * @throws GatewayError TRANSPORT_FAILED
 */
export async function sharePort(port: number): Promise<void> {
  try {
    const fd = await descriptorOf(port);
    const stdio = ["ignore" as const, "ignore" as const, "ignore" as const, fd];
    const child = spawn(process.execPath, ["-e", OPEN_AND_LEAVE], { env: {}, stdio });
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    if (code !== 0) throw new Error(`ended with ${code ?? signal}`);
  } catch (cause) {
    throw new GatewayError("TRANSPORT_FAILED", `UDP port ${port} cannot be shared`, { cause });
  }
}

/** The descriptor of the socket of this process that is bound to a UDP port. */
async function descriptorOf(port: number): Promise<number> {
  const inodes = (await Promise.all(["udp", "udp6"].map((table) => inodesOf(table, port)))).flat();
  for (const name of await readdir("/proc/self/fd")) {
    // The descriptor that reads this directory is closed by now.
    const target = await readlink(`/proc/self/fd/${name}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.includes(inode)) return Number(name);
  }
  throw new Error("no socket of this process has it");
}

/** See proc(5): `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …`, ports in hexadecimal. */
async function inodesOf(table: string, port: number): Promise<string[]> {
  const text = await readFile(`/proc/net/${table}`, "utf8").catch(() => "");
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([, local, , , , , , , , inode]) =>
    inode !== undefined && Number.parseInt(local?.split(":")[1] ?? "", 16) === port ? [inode] : [],
  );
}
