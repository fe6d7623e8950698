import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiClient } from "../testing/apiClient.ts";
import type { Footprint } from "./footprint.ts";

/** A gateway with its signalling, in a process of its own: what is measured of it is not the callers'. */
export class EnduredGateway extends ApiClient implements AsyncDisposable {
  readonly signalingOrigin: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, { origin, signalingOrigin }: { origin: string; signalingOrigin: string }) {
    super(origin);
    this.signalingOrigin = signalingOrigin;
    this.#process = process;
  }

  static async open(): Promise<EnduredGateway> {
    const process = fork(join(import.meta.dirname, "gatewayProcess.ts"));
    const [started] = await once(process, "message");
    return new EnduredGateway(process, started);
  }

  /** @param leapMs lets so much time pass before, as the gateway's clock shows it. */
  async footprint(leapMs = 0): Promise<Footprint> {
    this.#process.send({ leapMs });
    const [footprint] = await once(this.#process, "message");
    return footprint;
  }

  /** What its process has had of the processor, in milliseconds. See proc(5), `stat`: utime and stime, in hundredths. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#process.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.disconnect();
    await exited;
  }
}
