import { writeFile } from "node:fs/promises";
import { run } from "../bundle/run.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { ENGINE_CONFIGURATION, ENGINE_LOG, SOCKET } from "./settings.ts";

const START_LIMIT_MS = 60_000;
const SIGNAL_LIMIT_MS = 60_000;

/** The Docker engine of a host. */
export class HostEngine {
  readonly address = `unix://${SOCKET}`;
  readonly #initPid: number;

  constructor(initPid: number) {
    this.#initPid = initPid;
  }

  async started(): Promise<void> {
    await waitFor(`the host's engine answers; its log is ${ENGINE_LOG}`, START_LIMIT_MS, () => this.#answers());
  }

  /** Like `systemctl restart docker`. Resolves when the new engine answers. */
  async restart(): Promise<void> {
    const before = await this.#process();
    if (before === undefined) throw new Error("there is no engine to restart");
    process.kill(before, "SIGTERM");
    await waitFor("the new engine is running", SIGNAL_LIMIT_MS, async () => {
      const now = await this.#process();
      return now !== undefined && now !== before;
    });
    await this.started();
  }

  /** Sets whether containers keep running without the engine. A running engine reloads its configuration. */
  async configure({ liveRestore }: { liveRestore: boolean }): Promise<void> {
    await configureEngine(liveRestore);
    const pid = await this.#process();
    if (pid === undefined) throw new Error("there is no engine to configure");
    process.kill(pid, "SIGHUP");
    await waitFor(`live-restore is ${liveRestore}`, SIGNAL_LIMIT_MS, async () => {
      const format = ["--format", "{{.LiveRestoreEnabled}}"];
      return (await run("docker", ["--host", this.address, "info", ...format])).stdout.trim() === String(liveRestore);
    });
  }

  async #process(): Promise<number | undefined> {
    const { stdout } = await run("pgrep", ["--parent", String(this.#initPid), "--exact", "dockerd"]);
    return stdout.trim() === "" ? undefined : Number(stdout);
  }

  async #answers(): Promise<boolean> {
    return (await run("docker", ["--host", this.address, "version"])).code === 0;
  }
}

export async function configureEngine(liveRestore: boolean): Promise<void> {
  await writeFile(ENGINE_CONFIGURATION, JSON.stringify({ "live-restore": liveRestore }));
}
