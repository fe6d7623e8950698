import { beforeEach, expect, test } from "vitest";
import type { LegIn, ManifestLeg } from "../../archive/library/manifest.ts";
import { recordingName } from "../../archive/library/paths.ts";
import { RecorderError } from "../../errors.ts";
import type { MediaConnectionId, PeerId } from "../../ids.ts";
import { FakeGateway, OFFERED } from "../../testing/fakeGateway.ts";
import { FakeRecorders } from "../../testing/fakeRecorders.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { type TestRooms, testRooms } from "../../testing/testLeg.ts";
import type { TracksReport } from "../gateway/gateway.ts";
import { GatewayError } from "../gateway/gatewayError.ts";
import type { Recorders } from "../recorders/recorders.ts";
import { receiveCall } from "./receiveCall.ts";

const MEBIBYTE = 1024 * 1024;
const T0 = Date.parse("2026-01-01T00:00:00.000Z");

let clock: ManualClock;
let gateway: FakeGateway;
let recorders: FakeRecorders;
let stage: TestRooms;
let id: MediaConnectionId;

const flowing = (fromMs = T0, bytes = 0): TracksReport => ({
  ended: null,
  tracks: OFFERED.map((track) => ({
    ...track,
    clock: { firstUnixMs: fromMs, rate: 1, source: "arrival" },
    counters: { bytes_redirected: bytes / 2 },
  })),
});
const legOf = (): ManifestLeg | undefined =>
  stage.library.written.flatMap(({ legs }) => legs).findLast((leg) => leg.mediaConnectionId === id);

beforeEach(async () => {
  clock = new ManualClock();
  gateway = new FakeGateway();
  recorders = new FakeRecorders();
  stage = testRooms(gateway, clock, recorders as unknown as Recorders);
  stage.library.keep = async ({ legId, format, number }) => ({
    name: recordingName(legId, format, number),
    bytes: 1,
    durationSeconds: 54,
    streams: [],
  });
  stage.limits.maxDurationSeconds = 60;
  id = gateway.ring();
  gateway.report(id, flowing());
  void receiveCall("TestRecorder" as PeerId, id, stage);
  await clock.pass(0);
  gateway.onTurn = () => {
    gateway.turnedAt = clock.now();
    gateway.report(id, flowing(gateway.turnedAt.getTime())); // from now on the report covers the next file's tracks
  };
});

const switched = () => clock.pass(56_000);

async function hangUp(): Promise<void> {
  gateway.report(id, { ...flowing(gateway.turnedAt.getTime()), ended: { reason: "force_close", unixMs: T0 + 70_000 } });
  gateway.push(id, { event: "CLOSE" });
  await clock.pass(100);
}

test("a leg that reaches its maximum duration continues in the next file, and the first is stored", async () => {
  await switched();
  const [first, second] = recorders.taken.map(({ recorderId }) => recorderId);
  expect(gateway.redirects).toEqual(["192.0.2.8"]);
  const running = legOf() as LegIn<"recording">;
  const startedAt = "2026-01-01T00:00:00.000Z";
  expect(running).toMatchObject({
    state: "recording",
    startedAt,
    recorderId: second,
    files: [{ recorderId: first, startedAt, reason: "max_duration", file: { name: `${running.id}.webm` } }],
  });
  expect(running).not.toHaveProperty("next");
  await clock.pass(10_000);
  expect(legOf()).toMatchObject({ state: "recording", startedAt });
  await hangUp();
  const leg = legOf() as LegIn<"ready">;
  expect(leg).toMatchObject({ state: "ready", reason: "force_close", startedAt, file: { name: `${leg.id}.webm` } });
  expect(leg.files).toMatchObject([
    { endedAt: gateway.turnedAt.toISOString(), file: { name: `${leg.id}.webm` } },
    { startedAt: gateway.turnedAt.toISOString(), reason: "force_close", file: { name: `${leg.id}-2.webm` } },
  ]);
  expect(recorders.finished).toEqual([{ byeExpected: true }, { byeExpected: true }]);
  expect(gateway.hungUp).toEqual([]);
  expect(stage.runningLegs.size).toBe(0);
});

test("the limits of duration and size apply to each file separately", async () => {
  await switched();
  await clock.pass(56_000);
  expect(recorders.taken).toHaveLength(3);

  stage.limits.maxDurationSeconds = undefined;
  stage.limits.maxMebibytes = 10;
  gateway.report(id, flowing(gateway.turnedAt.getTime(), 9.9 * MEBIBYTE));
  await clock.pass(3_000);
  expect(recorders.taken).toHaveLength(4);
  expect(legOf()).toMatchObject({ files: [{}, {}, { reason: "max_size" }] });
  gateway.report(id, flowing(gateway.turnedAt.getTime(), 12 * MEBIBYTE));
  await clock.pass(30_000);
  expect(recorders.taken).toHaveLength(4);
});

test("a file continues beyond its limit while no next recorder can be started, and the start is retried", async () => {
  recorders.taking = new RecorderError("RECORDER_NOT_STARTED");
  await clock.pass(75_000);
  expect(legOf()).toMatchObject({ state: "recording" });
  expect(stage.warnings.map(({ code }) => code)).toEqual(Array(3).fill("RECORDER_NOT_STARTED"));
  recorders.taking = undefined;
  await clock.pass(11_000);
  expect(legOf()).toMatchObject({ state: "recording", files: [{ reason: "max_duration" }] });
  expect(gateway.hungUp).toEqual([]);
});

test("a call that ends before the switch is one file, and the next recorder is stopped", async () => {
  gateway.switchAtKeyframe = () => {
    gateway.push(id, { event: "CLOSE" });
    return Promise.reject(new GatewayError("REFUSED", "the call has ended"));
  };
  await clock.pass(56_000);
  const leg = legOf() as LegIn<"ready">;
  expect(leg).toMatchObject({ state: "ready", file: { name: `${leg.id}.webm` } });
  expect(leg).not.toHaveProperty("files");
  expect(leg).not.toHaveProperty("next");
  expect(recorders.finished).toHaveLength(2);
});

test("a leg ends at its limit if the gateway cannot switch recorders", async () => {
  gateway.switchAtKeyframe = async () => undefined;
  await clock.pass(56_000);
  expect(legOf()).toMatchObject({ state: "ready", reason: "max_duration" });
  expect(gateway.hungUp).toEqual([id]);
  expect(recorders.finished).toHaveLength(2);
});

test("a recorder that is lost before the switch is replaced by one that receives the buffered media again", async () => {
  const { lose } = recorders;
  const next = gateway.switchAtKeyframe.bind(gateway);
  gateway.switchAtKeyframe = async (...order) => {
    lose();
    await clock.sleep(500);
    return next(...order);
  };
  await clock.pass(56_000);
  const [first, , third] = recorders.taken.map(({ recorderId }) => recorderId);
  // The limit is still reached, so the leg rolls over now.
  expect(gateway.redirects).toEqual(["192.0.2.8", undefined, "192.0.2.9", "192.0.2.10"]);
  expect(legOf()).toMatchObject({
    files: [{ recorderId: third, parts: [{ recorderId: first, reason: "recorder_lost" }] }],
  });
});

test("a call that ends directly after the switch has the files recorded so far", async () => {
  await switched();
  recorders.assembling = ["no media"];
  await hangUp();
  const leg = legOf() as LegIn<"ready">;
  expect(leg).toMatchObject({ state: "ready", file: { name: `${leg.id}.webm` }, files: [{}] });
  expect(leg).not.toHaveProperty("error");
});

test("a file that cannot be stored does not affect the others, and the leg shows the error", async () => {
  recorders.assembling = [new RecorderError("NOT_ASSEMBLED", "broken")];
  await switched();
  await hangUp();
  const leg = legOf() as LegIn<"ready">;
  expect(leg).toMatchObject({
    state: "ready",
    file: { name: `${leg.id}-2.webm` },
    files: [{ error: { code: "NOT_ASSEMBLED" } }, { file: { name: `${leg.id}-2.webm` } }],
    error: { code: "NOT_ASSEMBLED" },
  });
});

test("a note about one of several files names it", async () => {
  const counted = (report: TracksReport, frames: number): TracksReport => ({
    ...report,
    tracks: report.tracks.map((track) => ({
      ...track,
      counters: { packets_received: 2 * frames, frames_redirected: frames },
    })),
  });
  stage.library.keep = async ({ legId, format, number }) => ({
    name: recordingName(legId, format, number),
    bytes: 1,
    durationSeconds: 54,
    streams: [
      { kind: "audio", codec: "opus", frames: 500 },
      { kind: "video", codec: "vp8", frames: number === 1 ? 500 : 90 },
    ],
  });
  gateway.report(id, counted(flowing(), 500));
  await switched();
  const ended = { reason: "force_close", unixMs: T0 + 70_000 };
  gateway.report(id, { ...counted(flowing(gateway.turnedAt.getTime()), 700), ended });
  gateway.push(id, { event: "CLOSE" });
  await clock.pass(100);
  const leg = legOf() as LegIn<"ready">;
  expect(leg.notes).toMatchObject([{ code: "NOT_IN_FILE", kind: "video", file: `${leg.id}-2.webm` }]);
  expect(leg.notes?.[0]?.message).toContain("110 of 200 pictures");
});

test("a file that lacks a kind that came during it has an error, and so has its leg", async () => {
  const counted = (report: TracksReport, audio: number, video: number): TracksReport => ({
    ...report,
    tracks: report.tracks.map((track) => ({
      ...track,
      counters: { packets_received: track.kind === "audio" ? audio : video },
    })),
  });
  stage.library.keep = async ({ legId, format, number }) => ({
    name: recordingName(legId, format, number),
    bytes: 1,
    durationSeconds: 54,
    streams:
      number === 1
        ? [
            { kind: "audio", codec: "opus" },
            { kind: "video", codec: "vp8" },
          ]
        : [{ kind: "audio", codec: "opus" }],
  });
  gateway.report(id, counted(flowing(), 100, 100));
  await switched();
  gateway.report(id, {
    ...counted(flowing(gateway.turnedAt.getTime()), 200, 170),
    ended: { reason: "force_close", unixMs: T0 + 70_000 },
  });
  gateway.push(id, { event: "CLOSE" });
  await clock.pass(100);
  const leg = legOf() as LegIn<"ready">;
  expect(leg).toMatchObject({ state: "ready", error: { code: "MEDIA_INCOMPLETE" } });
  expect(leg.error?.message).toContain("70 packets of video");
  expect(leg.files?.map(({ error }) => error?.code)).toEqual([undefined, "MEDIA_INCOMPLETE"]);
});
