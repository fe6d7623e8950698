import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiClient } from "../testing/apiClient.ts";
import type { Footprint } from "./footprint.ts";

/** A gateway and its signalling in a separate process, so that measurements exclude the callers. */
export class MeasuredGateway extends ApiClient implements AsyncDisposable {
  readonly signalingOrigin: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, { origin, signalingOrigin }: { origin: string; signalingOrigin: string }) {
    super(origin);
    this.signalingOrigin = signalingOrigin;
    this.#process = process;
  }

  static async open(): Promise<MeasuredGateway> {
    const process = fork(join(import.meta.dirname, "gatewayProcess.ts"));
    const [started] = await once(process, "message");
    return new MeasuredGateway(process, started);
  }

  /** @param leapMs skips this much time on the gateway's clock first. */
  async footprint(leapMs = 0): Promise<Footprint> {
    this.#process.send({ leapMs });
    const [footprint] = await once(this.#process, "message");
    return footprint;
  }

  /** CPU time of its process, in milliseconds. See proc(5), `stat`: utime and stime, in 1/100 s. */
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
