import { beforeEach, expect, test } from "vitest";
import type { ManifestLeg } from "../../archive/library/manifest.ts";
import type { CallId, MediaConnectionId, PeerId } from "../../ids.ts";
import { FakeGateway } from "../../testing/fakeGateway.ts";
import { FakeRecorders } from "../../testing/fakeRecorders.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { type TestRooms, testRooms } from "../../testing/testLeg.ts";
import type { Recorders } from "../recorders/recorders.ts";
import { adoptLegs } from "./adoptLegs.ts";

const PEER = "TestRecorder" as PeerId;

let clock: ManualClock;
let gateway: FakeGateway;
let recorders: FakeRecorders;
let stage: TestRooms;

beforeEach(() => {
  clock = new ManualClock();
  gateway = new FakeGateway();
  recorders = new FakeRecorders();
  stage = testRooms(gateway, clock, recorders as unknown as Recorders);
});

/** The manifest of a call, as written by an earlier process. */
async function left(state: "ringing" | "preparing", id: MediaConnectionId, more: object = {}): Promise<CallId> {
  const { callId, leg } = await stage.calls.ring({
    ...{ peerId: "alice", recorderPeerId: PEER, mediaConnectionId: id, metadata: undefined },
    ...more,
  });
  const manifest = await stage.calls.get(callId);
  stage = testRooms(gateway, clock, recorders as unknown as Recorders);
  if (manifest) stage.calls.adopt({ ...manifest, legs: [{ ...leg, state }] });
  return callId;
}

async function adopted(callId: CallId): Promise<ManifestLeg | undefined> {
  await adoptLegs(stage);
  await clock.pass(1_000);
  return (await stage.calls.get(callId))?.legs[0];
}

test.each(["ringing", "preparing"] as const)(
  "a call that still rings after a restart is answered (%s)",
  async (state) => {
    const id = gateway.ring();
    const leg = await adopted(await left(state, id));
    expect(leg).toMatchObject({ state: "connecting", mediaConnectionId: id });
    expect(gateway.redirectOf(id)).toMatchObject({ address: "192.0.2.7" });
    expect(recorders.taken).toHaveLength(1);
  },
);

test("a call that was hung up during a restart is marked as interrupted", async () => {
  const leg = await adopted(await left("ringing", "mc-gone" as MediaConnectionId));
  expect(leg).toMatchObject({ state: "failed", error: { code: "INTERRUPTED" } });
  expect(recorders.taken).toEqual([]);
});

test("a dialled call is not repeated", async () => {
  const id = gateway.ring();
  const leg = await adopted(await left("preparing", id, { dialled: { answerWithinSeconds: 30 } }));
  expect(leg).toMatchObject({ state: "failed", error: { code: "INTERRUPTED" } });
  expect(gateway.hungUp).toEqual([id]);
});
