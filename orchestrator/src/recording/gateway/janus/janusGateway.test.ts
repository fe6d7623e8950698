import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MediaConnectionId, PeerId } from "../../../ids.ts";
import { FakeJanus } from "../../../testing/fakeJanus.ts";
import { ManualClock } from "../../../testing/manualClock.ts";
import { USUAL_CODECS } from "../../recorders/codecs.ts";
import type { PeerHandle } from "../gateway.ts";
import { JanusGateway } from "./janusGateway.ts";

const ROOM = "1234" as PeerId;
const ADA = {
  id: 11,
  display: "Ada",
  streams: [
    { type: "audio", codec: "opus" },
    { type: "video", codec: "vp8" },
  ],
};
const BOB = { ...ADA, id: 12, display: "Bob" };
const RECORDER = { address: "192.0.2.7", video: 5000, audio: 5002 };
const PATIENCE_MS = 3_000;

let janus: FakeJanus;
let clock: ManualClock;
let gateway: JanusGateway;
let room: PeerHandle;
beforeEach(async () => {
  janus = await FakeJanus.open();
  clock = new ManualClock();
  gateway = newGateway();
  room = await gateway.createPeer(ROOM);
});
afterEach(() => janus[Symbol.asyncDispose]());

const newGateway = () =>
  new JanusGateway({ url: janus.url, secret: "s".repeat(16), pin: undefined }, clock, pino({ enabled: false }));
const soon = () => AbortSignal.timeout(PATIENCE_MS);

async function called(): Promise<MediaConnectionId> {
  const event = await gateway.nextPeerEvent(room, soon());
  if (event?.event !== "CALL") throw new Error(`no CALL event: ${JSON.stringify(event)}`);
  return event.mediaConnectionId;
}

/** A participant publishes and is forwarded to a recorder. */
async function recorded(publisher = ADA): Promise<MediaConnectionId> {
  janus.publish(publisher);
  const id = await called();
  await gateway.answer(id, USUAL_CODECS, RECORDER);
  await expect(gateway.nextConnectionEvent(id, soon())).resolves.toEqual({ event: "STREAM" });
  return id;
}

const callOf = async (id: MediaConnectionId) => ((await gateway.status(id)).metadata as { call: string }).call;
const forwarded = ({ id } = ADA) => janus.forwarders.get(id)?.map(({ ssrc }) => ssrc) ?? [];

/** Breaks the connection, and waits until this is noticed. */
async function cut(act: () => void = () => janus.cut()): Promise<void> {
  act();
  await expect.poll(() => gateway.peerStatus(room), { timeout: PATIENCE_MS }).toBeUndefined();
}

test("a publication rings with its name and codecs, and is forwarded with one SSRC", async () => {
  const id = await recorded();
  expect(await gateway.status(id)).toMatchObject({ remoteId: "11", metadata: { name: "Ada", room: 1234 } });
  expect((await gateway.offered(id)).tracks.map(({ offered }) => offered[0]?.codec)).toEqual(["opus", "VP8"]);
  expect(new Set(forwarded()).size).toBe(1);
  expect(janus.forwarders.get(ADA.id)?.map(({ port }) => port)).toEqual([RECORDER.audio, RECORDER.video]);
});

test("a room is one call until it is empty", async () => {
  const [ada, bob] = [await recorded(ADA), await recorded(BOB)];
  const call = await callOf(ada);
  expect(await callOf(bob)).toBe(call);
  janus.unpublish(ADA.id);
  const again = await recorded(ADA);
  expect([await callOf(again), again === ada]).toEqual([call, false]);
  janus.unpublish(ADA.id);
  janus.unpublish(BOB.id);
  expect(await callOf(await recorded(ADA))).not.toBe(call);
});

test("an ended publication reports the reason", async () => {
  const [ada, bob] = [await recorded(ADA), await recorded(BOB)];
  janus.unpublish(ADA.id);
  janus.tell({ videoroom: "event", kicked: BOB.id });
  for (const [id, reason] of [
    [ada, "unpublished"],
    [bob, "kicked"],
  ] as const) {
    await expect(gateway.nextConnectionEvent(id, soon())).resolves.toEqual({ event: "CLOSE" });
    expect(await gateway.tracks(id)).toMatchObject({ ended: { reason }, tracks: [] });
  }
});

test("an invalid publisher does not affect the others", async () => {
  janus.tell({ videoroom: "event", publishers: [{ id: 2 ** 60, streams: 7 }, BOB] });
  expect((await gateway.status(await called())).remoteId).toBe("12");
});

test("a publisher whose recording was stopped is not recorded again until it republishes", async () => {
  const id = await recorded();
  await gateway.hangUp(id);
  expect(forwarded()).toEqual([]);
  janus.publish({ ...ADA, streams: [...ADA.streams, { type: "data" } as never] });
  janus.publish(BOB);
  expect((await gateway.status(await called())).remoteId).toBe("12");
  janus.unpublish(ADA.id);
  await recorded();
});

test("a publisher whose recorder was lost rings again in the same call", async () => {
  const id = await recorded();
  const call = await callOf(id);
  expect(await gateway.redirect(id, USUAL_CODECS, undefined)).toBeUndefined();
  expect(forwarded()).toEqual([]);
  await gateway.hangUp(id);
  const again = await called();
  expect([again === id, await callOf(again)]).toEqual([false, call]);
});

test("a camera that is added later starts another leg, one that is removed does not", async () => {
  const [sound, both] = [{ ...ADA, streams: ADA.streams.slice(0, 1) }, ADA];
  const first = await recorded(sound);
  janus.publish(both);
  const second = await called();
  expect(await gateway.tracks(first)).toMatchObject({ ended: { reason: "renegotiated" } });
  janus.publish(sound);
  janus.publish(BOB);
  expect((await gateway.status(await called())).remoteId).toBe("12");
  expect(await gateway.tracks(second)).toBeUndefined();
});

describe("when the connection to Janus is lost", () => {
  test("for a moment, all publications continue unchanged", async () => {
    const id = await recorded();
    const waiting = gateway.nextConnectionEvent(id, soon());
    await Promise.all([expect(waiting).rejects.toMatchObject({ kind: "UNREACHABLE" }), cut()]);
    const before = forwarded();
    await clock.pass(1_000);
    expect((await gateway.status(id)).remoteId).toBe("11");
    expect(forwarded()).toEqual(before);
    janus.unpublish(ADA.id);
    await expect(gateway.nextConnectionEvent(id, soon())).resolves.toEqual({ event: "CLOSE" });
  });

  test("for so long that their legs have ended, publications ring again and are no longer forwarded", async () => {
    const id = await recorded();
    const call = await callOf(id);
    await cut();
    await clock.pass(5_000);
    room = await gateway.createPeer(ROOM);
    const again = await called();
    expect([again === id, await callOf(again)]).toEqual([false, call]);
    await expect.poll(() => forwarded()).toEqual([]);
    await expect(gateway.status(id)).rejects.toMatchObject({ kind: "GONE" });
  });

  test("while a publication rings, it rings again; one whose recording was stopped does not", async () => {
    await gateway.hangUp(await recorded(BOB));
    janus.publish(ADA);
    const id = await called();
    await cut();
    room = await gateway.createPeer(ROOM);
    const again = await called();
    expect([again === id, (await gateway.status(again)).remoteId]).toEqual([false, "11"]);
    await expect(gateway.answer(id, USUAL_CODECS, RECORDER)).rejects.toMatchObject({ kind: "GONE" });
    janus.publish({ ...ADA, id: 13 });
    expect((await gateway.status(await called())).remoteId).toBe("13");
  });

  test("because Janus crashed, earlier publications are unknown", async () => {
    const id = await recorded();
    await cut(() => janus.forget());
    await expect(gateway.nextConnectionEvent(id, soon())).rejects.toMatchObject({ kind: "GONE" });
    expect(await gateway.tracks(id)).toBeUndefined();
  });
});

test("a restarted process learns from the forwarders who is recorded, and in which call", async () => {
  const id = await recorded();
  const call = await callOf(id);
  await cut();
  janus.publishers.clear();
  for (const publisher of [{ ...ADA, id: 10 }, ADA]) janus.publishers.set(publisher.id, publisher); // joined in the meantime
  gateway = newGateway();
  await expect(gateway.nextConnectionEvent(id, soon())).resolves.toEqual({ event: "STREAM" });
  room = await gateway.createPeer(ROOM);
  expect(await callOf(await called())).toBe(call);
  expect(await called()).toBe(id);
  expect(await callOf(await recorded(BOB))).toBe(call);
});

test("Janus makes no outgoing calls, and connections of other gateways are unknown", async () => {
  await expect(gateway.call()).rejects.toMatchObject({ kind: "REFUSED" });
  await expect(gateway.status("mc-1" as MediaConnectionId)).rejects.toMatchObject({ kind: "GONE" });
});
