import { beforeEach, expect, test } from "vitest";
import { viewOf } from "../../archive/calls/view.ts";
import type { ManifestLeg, RecordingFile } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import type { LegId, PeerId } from "../../ids.ts";
import { FakeGateway, OFFERED } from "../../testing/fakeGateway.ts";
import { FakeRecorders } from "../../testing/fakeRecorders.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { type TestRooms, testRooms } from "../../testing/testLeg.ts";
import type { TracksReport } from "../gateway/gateway.ts";
import { GatewayError } from "../gateway/gatewayError.ts";
import type { Recorders } from "../recorders/recorders.ts";
import { Dialler, type DialOrder } from "./dialler.ts";

const FILE: RecordingFile = { name: "leg.webm", bytes: 1, durationSeconds: 20, streams: [] };
const T0 = Date.parse("2026-01-01T00:00:00.000Z");
const FLOWING: TracksReport = {
  ended: null,
  tracks: OFFERED.map((track) => ({ ...track, clock: { firstUnixMs: T0, rate: 1, source: "arrival" } })),
};
const peer = (id: string, token = "pt-1") => ({ peerId: id as PeerId, handle: { peerId: id as PeerId, token } });
const AWAY = { peerId: "AwayRecorder" as PeerId, handle: undefined };

let clock: ManualClock;
let gateway: FakeGateway;
let recorders: FakeRecorders;
let stage: TestRooms;
let dialler: Dialler;

beforeEach(() => {
  clock = new ManualClock();
  gateway = new FakeGateway();
  recorders = new FakeRecorders();
  stage = testRooms(gateway, clock, recorders as unknown as Recorders);
  stage.library.keep = async () => FILE;
  dialler = new Dialler([peer("TestRecorder"), peer("OtherRecorder", "pt-2"), AWAY], stage);
});

const ORDER = { peerId: "ada", answerWithinSeconds: 10 };
async function dial(order: Partial<DialOrder> = {}) {
  const { callId, legId } = await dialler.dial({ ...ORDER, ...order });
  await clock.pass(0);
  const [call] = gateway.dialled.slice(-1);
  return { callId, legId, call, id: call?.id as NonNullable<typeof call>["id"] };
}
const legOf = (legId: LegId): ManifestLeg | undefined =>
  stage.library.written.flatMap(({ legs }) => legs).findLast(({ id }) => id === legId);
const statesOf = (legId: LegId) => {
  const states = stage.library.written.flatMap(({ legs }) => legs.filter(({ id }) => id === legId));
  return states.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
};

test("a called peer that answers is recorded like an incoming call", async () => {
  const { legId, call, id } = await dial({ metadata: { call: "c-1", name: "Ada" } });
  expect(call).toMatchObject({
    target: "ada",
    from: { peerId: "TestRecorder", token: "pt-1" },
    metadata: { call: "c-1", name: "Ada" },
    codecs: { audio: { codec: "opus" }, video: { codec: "VP8" } },
  });
  expect(gateway.redirectOf(id)).toEqual(recorders.redirects[0]);
  await clock.pass(9_000);
  gateway.report(id, FLOWING);
  await clock.pass(40_000);
  gateway.report(id, { ...FLOWING, ended: { reason: "force_close", unixMs: clock.now().getTime() } });
  gateway.push(id, { event: "CLOSE" });
  await clock.pass(100);
  expect(statesOf(legId)).toEqual(["ringing", "preparing", "connecting", "recording", "finalising", "ready"]);
  expect(legOf(legId)).toMatchObject({
    peerId: "ada",
    metadata: { call: "c-1", name: "Ada" },
    recorderPeerId: "TestRecorder",
    mediaConnectionId: id,
    reason: "force_close",
    dialled: { answerWithinSeconds: 10 },
    file: FILE,
  });
  const [manifest] = stage.library.written.slice(-1);
  expect(manifest && viewOf(manifest).legs).toMatchObject([{ dialled: true, state: "ready" }]);
  expect(gateway.hungUp).toEqual([]);
});

test("it calls from the requested peer, with the preferred codecs", async () => {
  stage.preferences = { video: ["H264", "VP8"], audio: ["PCMU"] };
  const { call } = await dial({ recorderPeerId: "OtherRecorder" });
  expect(call).toMatchObject({ from: { token: "pt-2" }, metadata: undefined });
  expect(call?.codecs).toMatchObject({ audio: { codec: "PCMU", payloadType: 0 }, video: { codec: "H264" } });
});

test("a dialled leg joins the call of its metadata", async () => {
  const one = await dial({ metadata: { call: "c-1" } });
  const other = await dial({ peerId: "bob", metadata: { call: "c-1" } });
  expect(other.callId).toBe(one.callId);
});

test.each([
  ["peerId: is one of", { peerId: "OtherRecorder" }, "BAD_PARAMETER"],
  ["recorderPeerId: is not", { recorderPeerId: "Nobody" }, "BAD_PARAMETER"],
  ["AwayRecorder", { recorderPeerId: "AwayRecorder" }, "PEER_NOT_REGISTERED"],
])("%s … is reported immediately, and no call is made", async (words, order, code) => {
  const refused = await dialler.dial({ ...ORDER, ...order }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RecorderError);
  expect(refused).toMatchObject({ code, message: expect.stringContaining(words) });
  expect(stage.calls.running()).toEqual([]);
});

/** These legs have no media to store. */
async function expectFailure(legId: LegId, code: string): Promise<void> {
  await clock.pass(100);
  expect(legOf(legId)).toMatchObject({ state: "failed", error: { code }, dialled: { answerWithinSeconds: 10 } });
  expect(recorders.finished).toHaveLength(recorders.taken.length);
  expect(stage.runningLegs.size).toBe(0);
}

test("ringing stops if a peer does not answer in time", async () => {
  recorders.assembling = ["no media"];
  const { legId, id } = await dial();
  await clock.pass(9_900);
  expect(legOf(legId)).toMatchObject({ state: "connecting" });
  await clock.pass(200);
  await expectFailure(legId, "NO_ANSWER");
  expect(gateway.hungUp).toEqual([id]);
});

test("ringing also stops in time at a gateway that does not report tracks", async () => {
  gateway.isOfficial = true;
  recorders.assembling = ["no media"];
  const { legId, id } = await dial();
  await clock.pass(10_100);
  await expectFailure(legId, "NO_ANSWER");
  expect(gateway.hungUp).toEqual([id]);
});

test("a peer that answers in time but does not connect fails with another error", async () => {
  recorders.assembling = ["no media"];
  const { legId, id } = await dial();
  gateway.report(id, { ended: null, tracks: OFFERED });
  await clock.pass(40_000);
  expect(legOf(legId)).toMatchObject({ state: "connecting" });
  await clock.pass(5_100);
  await expectFailure(legId, "NOT_CONNECTED");
});

test.each([
  ["peer_unavailable", "PEER_NOT_THERE"],
  ["no_answer", "NO_ANSWER"],
  ["ice_failed", "NOT_CONNECTED"],
  ["force_close", "CALL_DECLINED"],
  ["leave", "CALL_DECLINED"],
])("a call that ends with %s before any media arrived: %s", async (reason, code) => {
  recorders.assembling = ["no media"];
  const { legId, id } = await dial();
  gateway.report(id, { ended: { reason, unixMs: T0 }, tracks: [] });
  gateway.push(id, { event: "CLOSE" });
  await expectFailure(legId, code);
  expect(legOf(legId)).toMatchObject({ reason });
});

test("a call that the gateway refuses, or that is stopped before dialling, leaves no recorder", async () => {
  gateway.call = async () => Promise.reject(new GatewayError("REFUSED", "codec not known"));
  await expectFailure((await dial()).legId, "CALL_REFUSED");
  gateway.call = async () => Promise.reject(new GatewayError("UNREACHABLE", "nobody there"));
  await expectFailure((await dial()).legId, "GATEWAY_UNREACHABLE");
  recorders.taking = new RecorderError("TOO_MANY_RECORDERS");
  await expectFailure((await dial()).legId, "TOO_MANY_RECORDERS");
});

test("a ringing call can be stopped", async () => {
  recorders.assembling = ["no media"];
  const { callId, legId, id } = await dial();
  await clock.pass(1_000);
  expect(stage.runningLegs.stopCall(callId)).toBe(1);
  await expectFailure(legId, "ENDED_EARLY");
  expect(gateway.hungUp).toEqual([id]);
});
