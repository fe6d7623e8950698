import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { Caller } from "../testing/caller.ts";
import { nextCall, openPeer, RECEIVE_ONLY, type RecorderPeer } from "../testing/recorderPeer.ts";
import type { MeasuredGateway } from "./measuredGateway.ts";

/** A call that is not connected after this time has failed. */
const CONNECT_LIMIT_MS = 10_000;

/** The result of one call, from its offer until media can flow. */
export interface Connect {
  ms: number;
  /** Undefined: both sides are connected. */
  failure: string | undefined;
}

/** Sequential callers, with the gateway's own library and real signalling. */
export async function connectInARow(
  gateway: MeasuredGateway,
  calls: number,
  onConnect: (connect: Connect, number: number) => void = () => undefined,
): Promise<Connect[]> {
  const peer = await openPeer(gateway);
  const connects: Connect[] = [];
  for (let number = 1; number <= calls; number++) {
    const connect = await connectOnce(gateway, peer, `caller-${number}`);
    connects.push(connect);
    onConnect(connect, number);
  }
  await gateway.request("DELETE", `/peers/${peer.id}?token=${peer.token}`);
  return connects;
}

async function connectOnce(gateway: MeasuredGateway, peer: RecorderPeer, name: string): Promise<Connect> {
  using caller = await Caller.open(gateway, name);
  const began = performance.now();
  // Like browsers. Connectivity checks then reach the caller before the answer, which this library cannot handle.
  caller.call(peer.id, undefined, { tricklesEarly: true });
  const connection = await nextCall(gateway, peer);
  try {
    const { status } = await gateway.post(`${connection}/answer`, { constraints: RECEIVE_ONLY });
    if (status !== 202) throw new Error(`POST …/answer returned ${status}`);
    const isOpen = async () => (await gateway.get(`${connection}/status`)).body.open === true;
    await waitFor("the gateway's side", isOpen, CONNECT_LIMIT_MS);
    await waitFor("the caller's side", () => caller.state === "connected", CONNECT_LIMIT_MS);
    return { ms: performance.now() - began, failure: undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ms: performance.now() - began, failure: `${reason}; the caller is ${caller.state}` };
  } finally {
    await gateway.request("DELETE", connection);
  }
}
