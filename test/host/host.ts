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
 * A computer within this one, for what no test may do to this one: processes, mounts, network and name of its own, a
 * disk in a file, and a Docker engine on it. It goes with the process that booted it, whatever happens to that.
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

  /** Starts it from the disk that is there. @returns when its engine answers. */
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

  /** A program in the host's network, with the files of this machine. It is to end when its stdin does. */
  spawnInside(program: string, args: readonly string[]): ChildProcess {
    const enter = ["--target", String(this.#initPid), "--net", "--pid", "--"];
    return spawn("nsenter", [...enter, program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  }

  /** A path on the host's disk, as this machine sees it. */
  onDisk(path: string): string {
    return join(`/proc/${this.#initPid}/root`, MOUNT, path);
  }

  /** Every process is gone at once, and what has not reached the disk is lost. @returns when it was (unix ms). */
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
