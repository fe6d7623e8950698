import { setTimeout as wait } from "node:timers/promises";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { Caller } from "../testing/caller.ts";
import { nextCall, openPeer, RECEIVE_ONLY } from "../testing/recorderPeer.ts";
import { UdpReceiver } from "../testing/udpReceiver.ts";
import type { MeasuredGateway } from "./measuredGateway.ts";

const CONNECT_LIMIT_MS = 10_000;

/** The CPU time that a gateway needs to forward packets. */
export interface ForwardingCost {
  /** CPU milliseconds per thousand packets. */
  cpuMs: number;
  packets: number;
}

/** Calls of one gateway, each of which sends 100 packets per second. */
export class RunningCalls implements AsyncDisposable {
  readonly #gateway: MeasuredGateway;
  readonly #receiver: UdpReceiver;
  readonly #callers: Caller[] = [];
  #peerId = "";

  private constructor(gateway: MeasuredGateway, receiver: UdpReceiver) {
    this.#gateway = gateway;
    this.#receiver = receiver;
  }

  static async open(gateway: MeasuredGateway, count: number): Promise<RunningCalls> {
    const calls = new RunningCalls(gateway, await UdpReceiver.open());
    const peer = await openPeer(gateway);
    calls.#peerId = peer.id;
    for (let number = 1; number <= count; number++) {
      const caller = await Caller.open(gateway, `caller-${number}`);
      calls.#callers.push(caller);
      caller.call(peer.id);
      const { address } = calls.#receiver;
      const redirect_params = { video: address, audio: address };
      await gateway.post(`${await nextCall(gateway, peer)}/answer`, { constraints: RECEIVE_ONLY, redirect_params });
      await waitFor("a connection", () => caller.state === "connected", CONNECT_LIMIT_MS);
      caller.sendMedia();
    }
    return calls;
  }

  async restartIce(): Promise<void> {
    for (const caller of this.#callers) await caller.restartIce(this.#peerId);
  }

  async forwardingCost(ms: number): Promise<ForwardingCost> {
    const { packets } = this.#receiver;
    const [count, cpuMs] = [packets.length, this.#gateway.cpuMs()];
    await wait(ms);
    const passed = packets.length - count;
    return { cpuMs: ((this.#gateway.cpuMs() - cpuMs) / passed) * 1_000, packets: passed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const caller of this.#callers) caller[Symbol.dispose]();
    await this.#receiver[Symbol.asyncDispose]();
  }
}
