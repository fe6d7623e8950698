import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { HTTP_PORT } from "../bundle/settings.ts";
import type { Host } from "./host.ts";
import { here, WORK } from "./settings.ts";

const WEB_SOCKET = `${WORK}/web.sock`;

/** Forwards a local port to the host's HTTP port through a Unix socket, because their networks are not connected. */
export async function forwardHttpPort(host: Host): Promise<AsyncDisposable> {
  const inside = host.spawnInside(process.execPath, [here("forwardInside.ts"), WEB_SOCKET, String(HTTP_PORT)]);
  if (!inside.stdout) throw new Error("no stdout");
  await once(createInterface(inside.stdout), "line");
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const further = createConnection(WEB_SOCKET);
    for (const one of [socket, further]) {
      open.add(one);
      one.on("error", () => one.destroy()).on("close", () => open.delete(one));
    }
    socket.pipe(further).pipe(socket);
    socket.on("close", () => further.destroy());
    further.on("close", () => socket.destroy());
  });
  server.listen(HTTP_PORT, "127.0.0.1");
  await once(server, "listening");
  return {
    async [Symbol.asyncDispose]() {
      inside.stdin?.end();
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
