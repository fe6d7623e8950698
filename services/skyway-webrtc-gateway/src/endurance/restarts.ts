import { setTimeout as wait } from "node:timers/promises";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { Caller } from "../testing/caller.ts";
import { nextCall, openPeer, RECEIVE_ONLY } from "../testing/recorderPeer.ts";
import { UdpReceiver } from "../testing/udpReceiver.ts";
import type { EnduredGateway } from "./enduredGateway.ts";

const CONNECT_LIMIT_MS = 10_000;

/** What passing packets on has taken of a gateway's processor. */
export interface Passage {
  /** Processor milliseconds for each thousand packets. */
  cpuMs: number;
  packets: number;
}

/** Calls of one gateway, each of which sends a hundred packets a second. */
export class RunningCalls implements AsyncDisposable {
  readonly #gateway: EnduredGateway;
  readonly #receiver: UdpReceiver;
  readonly #callers: Caller[] = [];
  #peerId = "";

  private constructor(gateway: EnduredGateway, receiver: UdpReceiver) {
    this.#gateway = gateway;
    this.#receiver = receiver;
  }

  static async open(gateway: EnduredGateway, count: number): Promise<RunningCalls> {
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

  async passage(ms: number): Promise<Passage> {
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
