import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { runOrThrow } from "../bundle/run.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { diskDetached } from "./disk.ts";
import { configureEngine, HostEngine } from "./engine.ts";
import { removeControlGroups } from "./leftovers.ts";
import { CONTROL_GROUP, here, MOUNT, SOCKET, WORK } from "./settings.ts";

const NAMESPACES = ["--mount", "--pid", "--net", "--uts", "--ipc"];
const INIT_LIMIT_MS = 5_000;

/**
 * A simulated host for tests that would damage this machine: namespaces for processes, mounts, network and host name,
 * a disk in a file, and its own Docker engine. It ends with the process that booted it.
 */
export class Host implements AsyncDisposable {
  readonly engine: HostEngine;
  readonly #outer: ChildProcess;
  readonly #initPid: number;

  private constructor(outer: ChildProcess, initPid: number) {
    this.#outer = outer;
    this.#initPid = initPid;
    this.engine = new HostEngine(initPid);
  }

  /** Boots from the existing disk. Resolves when its engine answers. */
  static async boot({ liveRestore = false } = {}): Promise<Host> {
    await rm(SOCKET, { force: true });
    await configureEngine(liveRestore);
    const unshare = ["unshare", ...NAMESPACES, "--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
    const init = [here("init"), WORK, CONTROL_GROUP];
    const outer = spawn("setpriv", ["--pdeathsig", "KILL", ...unshare, ...init], {
      stdio: "ignore",
    });
    const host = new Host(outer, await childOf(outer));
    try {
      await host.engine.started();
      return host;
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts a program in the host's network with this machine's files. It must exit when its stdin ends. */
  spawnInside(program: string, args: readonly string[]): ChildProcess {
    const enter = ["--target", String(this.#initPid), "--net", "--pid", "--"];
    return spawn("nsenter", [...enter, program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  }

  /** A path on the host's disk, as seen from this machine. */
  onDisk(path: string): string {
    return join(`/proc/${this.#initPid}/root`, MOUNT, path);
  }

  /** Kills all processes at once and discards unflushed data. @returns the time of the power cut (unix ms). */
  async cutPower(): Promise<number> {
    const at = Date.now();
    await runOrThrow(here("cutPower"), [String(this.#initPid), MOUNT]);
    await this.#gone();
    return at;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#outer.kill("SIGKILL");
    await this.#gone();
  }

  async #gone(): Promise<void> {
    if (this.#outer.exitCode === null && this.#outer.signalCode === null) await once(this.#outer, "exit");
    await diskDetached();
    await removeControlGroups();
  }
}

async function childOf({ pid }: ChildProcess): Promise<number> {
  return waitFor("the host's first process", INIT_LIMIT_MS, async () => {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    return Number(children.trim().split(" ")[0]) || undefined;
  });
}
