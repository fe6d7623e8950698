import { beforeEach, describe, expect, test } from "vitest";
import type { LegIn } from "../../archive/library/manifest.ts";
import { type MediaConnectionId, type PeerId, recorderIdOf } from "../../ids.ts";
import { FakeGateway, OFFERED } from "../../testing/fakeGateway.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { type TestRooms, testRooms } from "../../testing/testLeg.ts";
import type { TrackClock, TracksReport } from "../gateway/gateway.ts";
import { GatewayError } from "../gateway/gatewayError.ts";
import { USUAL_CODECS } from "../recorders/codecs.ts";
import { redirectTo } from "../recorders/redirect.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { EndReason } from "./ending.ts";
import { type FollowedLeg, followLeg } from "./followLeg.ts";
import { LegContext } from "./legContext.ts";

let clock: ManualClock;
let gateway: FakeGateway;
let stage: TestRooms;
let stop: AbortController;
let recorderEnds: () => void;
let id: MediaConnectionId;

beforeEach(() => {
  clock = new ManualClock();
  gateway = new FakeGateway();
  stage = testRooms(gateway, clock);
  stop = new AbortController();
});

/** Follows an answered call; `ended()` returns the result once it has ended. */
async function follow(
  report?: TracksReport | null,
): Promise<{ ended: () => FollowedLeg | undefined; leg(): LegIn<never> }> {
  const { calls } = stage;
  id = gateway.ring(report);
  const ringing = { peerId: "ada", metadata: "", recorderPeerId: "TestRecorder" as PeerId, mediaConnectionId: id };
  const { callId, leg } = await calls.ring(ringing);
  const recorderId = recorderIdOf(leg.id, 1);
  const connecting: LegIn<"connecting"> = {
    ...leg,
    ...{ state: "connecting", mediaConnectionId: id, recorderId, codecs: USUAL_CODECS, tracks: [] },
  };
  await calls.record(callId, connecting);
  const recorded = new Promise<void>((resolve) => {
    recorderEnds = resolve;
  });
  const recorder = { recorderId, recorded, redirect: redirectTo("192.0.2.1", 20_000) } as StartedRecorder;
  let followed: FollowedLeg | undefined;
  void followLeg(connecting, recorder, new LegContext(callId, leg.id, stage, stop.signal)).then((result) => {
    followed = result;
  });
  await clock.pass(0);
  return { ended: () => followed, leg: () => calls.leg(callId, leg.id) as LegIn<never> };
}

const begun = (firstUnixMs: number, source: TrackClock["source"] = "arrival"): TracksReport => ({
  ended: null,
  tracks: OFFERED.map((track) => ({ ...track, clock: { firstUnixMs, rate: 1, source } })),
});
const T0 = Date.parse("2026-01-01T00:00:00.000Z");

describe("a followed leg", () => {
  test("is connecting until the first media arrives, and recording from then on", async () => {
    const { leg } = await follow();
    expect(leg()).toMatchObject({ state: "connecting" });
    gateway.push(id, { event: "READY" });
    gateway.push(id, { event: "STREAM" });
    await clock.pass(1_000);
    expect(leg()).toMatchObject({ state: "connecting" });
    gateway.report(id, begun(T0 + 900));
    await clock.pass(300);
    expect(leg()).toMatchObject({ state: "recording", startedAt: "2026-01-01T00:00:00.900Z" });
    expect(gateway.keyframesAsked).toEqual([]);
  });

  test("never starts before it rang, whatever its sender's clock says", async () => {
    const { leg, ended } = await follow();
    gateway.report(id, begun(Date.parse("1940-01-01")));
    await clock.pass(300);
    expect(leg()).toMatchObject({ state: "recording", startedAt: "2026-01-01T00:00:00.000Z" });
    stage.limits.maxDurationSeconds = 60;
    await clock.pass(20_000);
    expect(ended()).toBeUndefined();
  });

  test("uses the better clock of sender reports as soon as it is available", async () => {
    const { leg } = await follow(begun(T0 + 30));
    await clock.pass(300);
    gateway.report(id, begun(T0, "sender_report"));
    await clock.pass(1_100);
    expect(leg()).toMatchObject({
      startedAt: "2026-01-01T00:00:00.000Z",
      tracks: [{ clock: { source: "sender_report" } }, {}],
    });
  });

  test("at a gateway that does not report tracks is recording when the media path is established, and a keyframe is requested", async () => {
    const { leg } = await follow(null);
    gateway.push(id, { event: "READY" });
    await clock.pass(1_000);
    expect(leg()).toMatchObject({ state: "connecting" });
    gateway.push(id, { event: "STREAM" });
    await clock.pass(50);
    expect(leg()).toMatchObject({ state: "recording", startedAt: "2026-01-01T00:00:01.000Z" });
    expect(gateway.keyframesAsked).toEqual([id]);
  });

  test("continues while its manifest cannot be written, and logs the error", async () => {
    const { leg, ended } = await follow();
    stage.library.trouble = new Error("read-only file system");
    gateway.report(id, begun(T0));
    await clock.pass(1_000);
    expect(leg()).toMatchObject({ state: "recording" });
    expect(stage.warnings).toMatchObject([{ code: "STORAGE_UNAVAILABLE" }]);
    expect(ended()).toBeUndefined();
  });
});

describe("a leg ends", () => {
  async function endsWith(reason: EndReason, withinMs: number, ended: () => FollowedLeg | undefined) {
    await clock.pass(withinMs);
    expect(ended()?.ending.reason).toBe(reason);
  }

  test("when its connection closes, with the gateway's reason and time", async () => {
    const { ended } = await follow(begun(T0));
    await clock.pass(5_000);
    gateway.report(id, { ...begun(T0), ended: { reason: "force_close", unixMs: T0 + 4_990 } });
    gateway.push(id, { event: "CLOSE" });
    await endsWith("closed", 50, ended);
    expect(ended()?.ending).toEqual({ reason: "closed", gatewayReason: "force_close", at: new Date(T0 + 4_990) });
    expect(gateway.hungUp).toEqual([]);
  });

  test("when it is stopped, and is hung up", async () => {
    const { ended } = await follow(begun(T0));
    await clock.pass(1_000);
    stop.abort("stopped" satisfies EndReason);
    await endsWith("stopped", 50, ended);
    expect(gateway.hungUp).toEqual([id]);
  });

  test("when it does not connect within the ICE timeout", async () => {
    const { ended } = await follow();
    await clock.pass(34_000);
    expect(ended()).toBeUndefined();
    await endsWith("not_connected", 1_100, ended);
    expect(gateway.hungUp).toEqual([id]);
  });

  test("not because of missing packets, unless a limit is configured", async () => {
    const { ended } = await follow(begun(T0));
    await clock.pass(10 * 60_000, 10_000);
    expect(ended()).toBeUndefined();
  });

  test("as recorder_lost when its recorder ends before the call", async () => {
    const { ended } = await follow(begun(T0));
    await clock.pass(1_000);
    recorderEnds();
    await endsWith("recorder_lost", 1_100, ended);
    expect(gateway.hungUp).toEqual([]); // another recorder may take over
    expect(stage.warnings.map(({ code }) => code)).toEqual(["RECORDER_LOST"]);
  });

  test("as closed when the gateway's BYE ends the recorder shortly before CLOSE", async () => {
    const { ended } = await follow(begun(T0));
    recorderEnds();
    await clock.pass(500);
    expect(ended()).toBeUndefined();
    gateway.push(id, { event: "CLOSE" });
    await endsWith("closed", 50, ended);
    expect(stage.warnings).toEqual([]);
  });

  test("as gateway_lost when the gateway was restarted", async () => {
    const { ended } = await follow(begun(T0));
    await clock.pass(1_000);
    gateway.forget();
    await endsWith("gateway_lost", 50, ended);
  });

  test.each(["UNREACHABLE", "FAILED", "NOT_UNDERSTOOD", "REFUSED"] as const)(
    "as gateway_lost when the gateway's answers are %s for 5 s, and not earlier",
    async (kind) => {
      const { ended } = await follow(begun(T0));
      gateway.trouble = new GatewayError(kind, "trouble");
      gateway.push(id, { event: "READY" });
      await clock.pass(4_900);
      expect(ended()).toBeUndefined();
      await endsWith("gateway_lost", 600, ended);
    },
  );

  test("not when the gateway is unreachable for a moment, and its state is unchanged", async () => {
    const { ended, leg } = await follow(begun(T0));
    await clock.pass(500);
    gateway.trouble = new GatewayError("UNREACHABLE", "restarting");
    gateway.push(id, { event: "READY" });
    await clock.pass(3_000);
    gateway.trouble = undefined;
    await clock.pass(10_000);
    expect(ended()).toBeUndefined();
    expect(leg()).toMatchObject({ state: "recording" });
  });

  test("not because of an error event from the gateway: later events decide", async () => {
    const { ended } = await follow(begun(T0));
    gateway.push(id, { event: "ERROR", message: "something" });
    await clock.pass(60_000, 1_000);
    expect(ended()).toBeUndefined();
  });
});

describe("a leg that reaches a configured limit ends, and is hung up", () => {
  const received = (packets_received: number, bytes_redirected = 0): TracksReport => ({
    ended: null,
    tracks: begun(T0).tracks.map((track) => ({ ...track, counters: { packets_received, bytes_redirected } })),
  });

  test("without packets for too long: idle", async () => {
    stage.limits.idleSeconds = 10;
    const { ended } = await follow(received(1));
    for (let packets = 2; packets < 10; packets += 1) {
      gateway.report(id, received(packets));
      await clock.pass(2_000);
    }
    expect(ended()).toBeUndefined();
    await clock.pass(11_500);
    expect(ended()?.ending).toMatchObject({ reason: "idle" });
    expect(gateway.hungUp).toEqual([id]);
  });

  test("for too long, if the gateway cannot switch it to another recorder: max_duration", async () => {
    stage.limits.maxDurationSeconds = 60;
    const { ended } = await follow(null);
    gateway.push(id, { event: "STREAM" });
    await clock.pass(59_000);
    expect(ended()).toBeUndefined();
    await clock.pass(2_500);
    expect(ended()?.ending).toMatchObject({ reason: "max_duration" });
    expect(gateway.hungUp).toEqual([id]);
  });

  test("a leg is never idle at a gateway that counts no packets", async () => {
    stage.limits.idleSeconds = 10;
    const { ended } = await follow(null);
    gateway.push(id, { event: "STREAM" });
    await clock.pass(30_000);
    expect(ended()).toBeUndefined();
  });
});
