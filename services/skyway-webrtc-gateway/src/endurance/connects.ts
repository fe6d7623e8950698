import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { Caller } from "../testing/caller.ts";
import { nextCall, openPeer, RECEIVE_ONLY, type RecorderPeer } from "../testing/recorderPeer.ts";
import type { EnduredGateway } from "./enduredGateway.ts";

/** What is not up by then has failed. */
const CONNECT_LIMIT_MS = 10_000;

/** One call, from its offer until media can flow. */
export interface Connect {
  ms: number;
  /** Undefined: it is up on both sides. */
  failure: string | undefined;
}

/** Callers on the gateway's own library, one after the other, through real signalling. */
export async function connectInARow(
  gateway: EnduredGateway,
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

async function connectOnce(gateway: EnduredGateway, peer: RecorderPeer, name: string): Promise<Connect> {
  using caller = await Caller.open(gateway, name);
  const began = performance.now();
  // As browsers do it, and as this library cannot bear it: what it is asked for before it has our answer.
  caller.call(peer.id, undefined, { isHasty: true });
  const connection = await nextCall(gateway, peer);
  try {
    const { status } = await gateway.post(`${connection}/answer`, { constraints: RECEIVE_ONLY });
    if (status !== 202) throw new Error(`the answer was answered ${status}`);
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
