import { beforeEach, expect, test } from "vitest";
import type { ManifestLeg, RecordingFile } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import type { MediaConnectionId, PeerId } from "../../ids.ts";
import { FakeGateway, OFFERED } from "../../testing/fakeGateway.ts";
import { FakeRecorders } from "../../testing/fakeRecorders.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { type TestRooms, testRooms } from "../../testing/testLeg.ts";
import { GatewayError } from "../gateway/gatewayError.ts";
import type { Recorders } from "../recorders/recorders.ts";
import { adoptLegs } from "./adoptLegs.ts";
import { receiveCall } from "./receiveCall.ts";

const PEER = "TestRecorder" as PeerId;
const FILE: RecordingFile = { name: "leg.webm", bytes: 1, durationSeconds: 20, streams: [] };
const RINGING = { ended: null, tracks: OFFERED, held: false };
const HELD = { ...RINGING, held: true };

let clock: ManualClock;
let gateway: FakeGateway;
let recorders: FakeRecorders;
let stage: TestRooms;
let start: () => void;

beforeEach(() => {
  clock = new ManualClock();
  gateway = new FakeGateway();
  recorders = new FakeRecorders();
  const started = Promise.withResolvers<void>();
  recorders.started = started.promise;
  start = started.resolve;
  stage = testRooms(gateway, clock, recorders as unknown as Recorders);
  stage.library.keep = async () => FILE;
});

async function ring(): Promise<MediaConnectionId> {
  const id = gateway.ring(RINGING);
  void receiveCall(PEER, id, stage);
  await clock.pass(0);
  return id;
}
function legOf(id: MediaConnectionId): ManifestLeg | undefined {
  return stage.library.written.flatMap(({ legs }) => legs).findLast((leg) => leg.mediaConnectionId === id);
}

test("a call is answered before its recorder has started, and then its held media is redirected", async () => {
  const id = await ring();
  expect(gateway.answered).toEqual([id]);
  expect(legOf(id)).toMatchObject({ state: "connecting" });
  expect({ taken: recorders.taken, redirects: gateway.redirects }).toEqual({ taken: [], redirects: [] });
  start();
  await clock.pass(0);
  expect(recorders.taken).toHaveLength(1);
  expect(gateway.redirects).toEqual(["192.0.2.7"]);
});

test("a call that ends while its recorder starts is recorded", async () => {
  const id = await ring();
  gateway.push(id, { event: "CLOSE" });
  gateway.report(id, {
    held: false,
    ended: { reason: "force_close", unixMs: clock.now().getTime() },
    tracks: OFFERED.map((track) => ({
      ...track,
      clock: { firstUnixMs: clock.now().getTime(), rate: 1, source: "arrival" as const },
    })),
  });
  start();
  await clock.pass(1_000);
  expect(legOf(id)).toMatchObject({ state: "ready", file: FILE });
});

test("a call whose recorder cannot be started is hung up, and its leg tells why", async () => {
  recorders.taking = new RecorderError("IMAGE_MISSING");
  const id = await ring();
  start();
  await clock.pass(0);
  expect(gateway.hungUp).toEqual([id]);
  expect(legOf(id)).toMatchObject({ state: "failed", error: { code: "IMAGE_MISSING" } });
  expect(recorders.reserved.size).toBe(0);
});

test("a call for which there is no slot is refused instead of answered", async () => {
  recorders.reserving = new RecorderError("TOO_MANY_RECORDERS");
  const id = await ring();
  expect(gateway.answered).toEqual([]);
  expect(legOf(id)).toMatchObject({ state: "failed", error: { code: "TOO_MANY_RECORDERS" } });
});

test("a refused answer frees the slot of its recorder", async () => {
  gateway.answering = new GatewayError("REFUSED", "no");
  const id = await ring();
  expect(legOf(id)).toMatchObject({ state: "failed", error: { code: "ANSWER_REFUSED" } });
  expect(recorders).toMatchObject({ reserved: new Set(), taken: [] });
});

test.each([
  ["docker-guard", "DOCKER_UNREACHABLE"],
  ["the recorders' network", "RECORDER_NETWORK_MISSING"],
] as const)("while %s is away, the media stays held, and each attempt has a recorder of its own", async (_, code) => {
  recorders.taking = new RecorderError(code);
  const id = await ring();
  start();
  await clock.pass(3_000);
  expect(gateway.hungUp).toEqual([]);
  recorders.taking = undefined;
  await clock.pass(1_000);
  const leg = legOf(id);
  expect(leg?.state).toBe("connecting");
  expect(recorders.taken.map(({ recorderId }) => recorderId)).toEqual([leg && "recorderId" in leg && leg.recorderId]);
  expect(recorders.taken[0]?.recorderId).not.toMatch(/-p1$/);
  expect(gateway.redirects).toEqual(["192.0.2.7"]);
});

test("a gateway that does not answer for a moment is asked again", async () => {
  await ring();
  gateway.trouble = new GatewayError("UNREACHABLE", "frozen");
  start();
  await clock.pass(2_000);
  gateway.trouble = undefined;
  await clock.pass(1_000);
  expect(gateway.redirects).toEqual(["192.0.2.7"]);
  expect(recorders.finished).toEqual([]);
});

test("a gateway that is lost before the redirect leaves no recorder", async () => {
  const id = await ring();
  gateway.trouble = new GatewayError("UNREACHABLE", "gone");
  start();
  await clock.pass(60_000, 1_000);
  expect(legOf(id)).toMatchObject({ state: "failed", error: { code: "GATEWAY_UNREACHABLE" } });
  expect(recorders.finished).toEqual([{ byeExpected: false }]);
});

test("after a restart, a call whose media is held gets another recorder", async () => {
  const id = await ring();
  const manifest = stage.library.written.findLast(({ legs }) => legs.some((leg) => leg.mediaConnectionId === id));
  gateway.report(id, HELD);
  const next = new FakeRecorders();
  stage = testRooms(gateway, clock, next as unknown as Recorders);
  if (manifest) stage.calls.adopt(manifest);
  await adoptLegs(stage);
  await clock.pass(100);
  expect(next.taken).toHaveLength(1);
  expect(next.taken[0]?.recorderId).toMatch(/-p2$/);
  expect(gateway.redirects).toEqual(["192.0.2.7"]);
  expect(gateway.hungUp).toEqual([]);
});
