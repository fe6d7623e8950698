import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
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

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.disconnect();
    await exited;
  }
}
