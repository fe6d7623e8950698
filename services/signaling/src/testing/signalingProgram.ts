import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const START_LIMIT_MS = 30_000;

/** Signalling in a process of its own, which a test can kill or freeze. */
export class SignalingProgram implements AsyncDisposable {
  readonly process: ChildProcess;
  output = "";

  constructor(environment: Record<string, string>) {
    this.process = spawn(process.execPath, [MAIN], { env: { LISTEN_ADDRESS: "127.0.0.1", ...environment } });
    this.process.stdout?.on("data", (chunk) => {
      this.output += chunk;
    });
    this.process.stderr?.on("data", (chunk) => {
      this.output += chunk;
    });
  }

  async starts(): Promise<{ origin: string; port: string }> {
    await waitFor(`signaling is up: ${this.output}`, () => this.output.includes("signaling is up"), START_LIMIT_MS);
    const port = /"port":(\d+)/.exec(this.output)?.[1] ?? "";
    return { port, origin: `http://127.0.0.1:${port}` };
  }

  /** The port for services of the bundle, after `starts`. */
  internalPort(): number {
    return Number(/"internalPort":(\d+)/.exec(this.output)?.[1]);
  }

  async ends(): Promise<number | null> {
    if (this.process.exitCode === null) await once(this.process, "exit");
    return this.process.exitCode;
  }

  /** Stops the process for a time, as `docker pause` does. It notices nothing but the time. */
  async freeze(ms: number): Promise<void> {
    this.process.kill("SIGSTOP");
    await delay(ms);
    this.process.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }
}
