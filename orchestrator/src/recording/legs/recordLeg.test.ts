import { beforeEach, describe, expect, test } from "vitest";
import type { LegIn, ManifestLeg, RecordingFile } from "../../archive/library/manifest.ts";
import type { Storage } from "../../archive/library/storage.ts";
import { RecorderError } from "../../errors.ts";
import type { MediaConnectionId, PeerId } from "../../ids.ts";
import { FakeGateway, OFFERED } from "../../testing/fakeGateway.ts";
import { FakeRecorders } from "../../testing/fakeRecorders.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { type TestRooms, testRooms } from "../../testing/testLeg.ts";
import { GatewayError } from "../gateway/gatewayError.ts";
import { USUAL_CODECS } from "../recorders/codecs.ts";
import type { Recorders } from "../recorders/recorders.ts";
import { receiveCall } from "./receiveCall.ts";

const PEER = "TestRecorder" as PeerId;
const FILE: RecordingFile = { name: "leg.webm", bytes: 1, durationSeconds: 20, streams: [] };
const T0 = Date.parse("2026-01-01T00:00:00.000Z");
const FLOWING = {
  ended: null,
  tracks: OFFERED.map((track) => ({ ...track, clock: { firstUnixMs: T0, rate: 1, source: "arrival" as const } })),
};

let clock: ManualClock;
let gateway: FakeGateway;
let recorders: FakeRecorders;
let stage: TestRooms;

beforeEach(() => {
  clock = new ManualClock();
  gateway = new FakeGateway();
  recorders = new FakeRecorders();
  stage = testRooms(gateway, clock, recorders as unknown as Recorders);
  stage.library.keep = async () => FILE;
});

async function ring(...call: Parameters<FakeGateway["ring"]>): Promise<MediaConnectionId> {
  const id = gateway.ring(...call);
  void receiveCall(PEER, id, stage);
  await clock.pass(0);
  return id;
}
function legOf(id: MediaConnectionId): ManifestLeg | undefined {
  return stage.library.written.flatMap(({ legs }) => legs).findLast((leg) => leg.mediaConnectionId === id);
}
const statesOf = (id: MediaConnectionId) => {
  const states = stage.library.written.flatMap(({ legs }) => legs.filter((leg) => leg.mediaConnectionId === id));
  return states.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
};
async function hangUp(id: MediaConnectionId) {
  gateway.report(id, { ...FLOWING, ended: { reason: "force_close", unixMs: clock.now().getTime() } });
  gateway.push(id, { event: "CLOSE" });
  await clock.pass(100);
}

test("a leg passes through its states, each written to disk before the next, and ends as a recording", async () => {
  const id = await ring(undefined, '{"call": "c-1", "name": "Ada"}');
  expect(gateway.redirectOf(id)).toEqual(recorders.redirects[0]);
  gateway.report(id, FLOWING);
  await clock.pass(1_000);
  await hangUp(id);
  expect(statesOf(id)).toEqual(["ringing", "preparing", "connecting", "recording", "finalising", "ready"]);
  expect(legOf(id)).toMatchObject({
    metadata: { call: "c-1", name: "Ada" },
    reason: "force_close",
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:00:01.000Z",
    file: FILE,
  });
  expect(recorders.finished).toEqual([{ byeExpected: true }]);
  expect(gateway.hungUp).toEqual([]);
  expect(stage.runningLegs.size).toBe(0);
});

test("a call that cannot be entered is hung up, so that its page does not wait for an answer", async () => {
  stage.calls.ring = async () => {
    throw new Error("the book is closed");
  };
  const id = await ring();
  expect(gateway.hungUp).toEqual([id]);
  expect(stage.warnings.map(({ msg }) => msg)).toEqual(["an incoming call could not be handled"]);
});

test("a file that the recorder assembled is not assembled again, unless it could not be stored", async () => {
  recorders.assembly = { probed: "{}", gapSeconds: 0 };
  const one = await ring();
  gateway.report(one, FLOWING);
  await clock.pass(1_000);
  await hangUp(one);
  expect(legOf(one)).toMatchObject({ state: "ready" });
  expect(recorders.orders).toEqual([]);

  const keep = stage.library.keep;
  stage.library.keep = async () => {
    stage.library.keep = keep;
    throw new Error("no space left on device");
  };
  const other = await ring();
  gateway.report(other, FLOWING);
  await clock.pass(1_000);
  await hangUp(other);
  await clock.pass(1_000);
  expect(legOf(other)).toMatchObject({ state: "ready" });
  expect(recorders.orders).toHaveLength(1);
});

test("legs with the same metadata.call are one call, all others are separate calls", async () => {
  const one = await ring(undefined, '{"call": "c-1"}');
  const other = await ring(undefined, '{"call": "c-1"}');
  const third = await ring(undefined, '{"call": "c-2"}');
  const fourth = await ring();
  const callOf = (id: MediaConnectionId) =>
    stage.calls.running().find(({ legs }) => legs.some((leg) => leg.mediaConnectionId === id))?.id;
  expect(callOf(one)).toBe(callOf(other));
  expect(new Set([one, third, fourth].map(callOf)).size).toBe(3);
});

test("a duplicate call event creates only one leg", async () => {
  const id = await ring();
  await receiveCall(PEER, id, stage);
  expect(recorders.taken).toHaveLength(1);
});

test("what is offered and not recorded is told in notes, and the rest is recorded", async () => {
  const audio = OFFERED.find(({ kind }) => kind === "audio");
  const av1 = [{ codec: "AV1", payloadType: 45, samplingRate: 90_000, channels: 1, fmtp: "" }];
  const vp8 = OFFERED.find(({ kind }) => kind === "video")?.offered ?? [];
  const video = { kind: "video" as const, offered: av1, clock: null, counters: {} };
  for (const [track, note] of [
    [video, { code: "NOT_RECORDED_CODEC", kind: "video", message: expect.stringMatching(/: AV1$/) }],
    [
      { ...video, offered: vp8, apart: true },
      { code: "NO_BUNDLE", kind: "video" },
    ],
  ] as const) {
    const id = await ring({
      ended: null,
      tracks: [...(audio ? [{ ...audio, clock: null, counters: {} }] : []), track],
    });
    const leg = legOf(id);
    expect(leg?.state).toBe("connecting");
    expect(recorders.taken.at(-1)?.codecs).toEqual({ audio: audio?.offered[0], video: undefined });
    expect(leg?.notes).toEqual([expect.objectContaining(note)]);
  }
});

describe("a leg that cannot be recorded fails with a code, is hung up, and leaves no recorder", () => {
  async function expectFailure(id: MediaConnectionId, code: string) {
    await clock.pass(100);
    const leg = legOf(id) as LegIn<"failed">;
    expect(leg).toMatchObject({
      state: "failed",
      error: { code, message: expect.any(String), hint: expect.any(String) },
    });
    expect(gateway.hungUp).toEqual([id]);
    expect(recorders.finished).toHaveLength(recorders.taken.length);
  }

  test("too many concurrent recorders", async () => {
    recorders.taking = new RecorderError("TOO_MANY_RECORDERS", "20 are allowed");
    await expectFailure(await ring(), "TOO_MANY_RECORDERS");
  });

  test("no offered codec can be recorded", async () => {
    const offered = [{ codec: "AV1", payloadType: 96, samplingRate: 90_000, channels: 1, fmtp: "" }];
    const tracks = [{ kind: "video" as const, offered, clock: null, counters: {} }];
    await expectFailure(await ring({ ended: null, tracks }), "NO_COMMON_CODEC");
  });

  test("the gateway refuses the answer", async () => {
    gateway.answer = () => Promise.reject(new GatewayError("GONE", "hung up"));
    await expectFailure(await ring(), "ANSWER_REFUSED");
  });

  test("it was stopped before it was answered", async () => {
    const take = recorders.take.bind(recorders);
    recorders.take = async (spec) => {
      stage.runningLegs.stopCall(spec.callId);
      return take(spec);
    };
    const id = await ring();
    await expectFailure(id, "ENDED_EARLY");
    expect(gateway.redirectOf(id)).toBeUndefined();
  });

  test("the volume cannot be written", async () => {
    stage.library.trouble = new Error("ENOSPC");
    const id = gateway.ring();
    void receiveCall(PEER, id, stage);
    await clock.pass(100);
    expect(recorders.taken).toEqual([]);
    expect(gateway.hungUp).toEqual([id]);
    expect(stage.calls.running()).toEqual([]);
    expect(stage.warnings.map(({ code }) => code)).toContain("STORAGE_UNAVAILABLE");
  });

  test("recorders write to a different folder, which happens after the volume was unmounted", async () => {
    stage.library.isShared = false;
    const refused = await ring();
    await expectFailure(refused, "STORAGE_UNAVAILABLE");
    const storage = stage.storage as Storage;
    await expect(storage.check()).resolves.toBeUndefined(); // the next call is accepted
    await expect(storage.mustBeWell()).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    stage.library.isShared = true;
    expect(legOf(await ring())).toMatchObject({ state: "connecting" });
    await expect(storage.mustBeWell()).resolves.toBeUndefined();
  });

  test("media never arrived", async () => {
    recorders.assembling = ["no media"];
    const id = await ring();
    await clock.pass(36_000, 500);
    await expectFailure(id, "NOT_CONNECTED");
  });
});

describe("a leg that ends without a recording shows the reason", () => {
  test("nothing was sent", async () => {
    recorders.assembling = ["no media"];
    const id = await ring();
    await hangUp(id);
    expect(legOf(id)).toMatchObject({ state: "failed", error: { code: "NO_MEDIA" }, reason: "force_close" });
  });

  test("its tracks cannot be joined", async () => {
    recorders.assembling = [new RecorderError("NOT_ASSEMBLED", "moov atom not found")];
    const id = await ring();
    await hangUp(id);
    expect(legOf(id)).toMatchObject({ state: "failed", error: { code: "NOT_ASSEMBLED" } });
    expect(recorders.orders).toHaveLength(1);
  });
});

describe("a recording is compared with what the gateway received", () => {
  const received = (audio: number, video: number) => ({
    ...FLOWING,
    tracks: FLOWING.tracks.map((track) => ({
      ...track,
      counters: { packets_received: track.kind === "audio" ? audio : video, packets_duplicate: 0 },
    })),
  });
  const fileWith = (...kinds: ("audio" | "video")[]): RecordingFile => ({
    ...FILE,
    streams: kinds.map((kind) => ({ kind, codec: kind === "audio" ? "opus" : "vp8" })),
  });
  async function recordAndHangUp(audio: number, video: number): Promise<MediaConnectionId> {
    const id = await ring(received(audio, video));
    await clock.pass(1_000);
    gateway.report(id, { ...received(audio, video), ended: { reason: "force_close", unixMs: clock.now().getTime() } });
    gateway.push(id, { event: "CLOSE" });
    await clock.pass(100);
    return id;
  }

  test("packets came, and nothing of them could be recorded: the error says how many, and what it probably is", async () => {
    recorders.assembling = ["no media"];
    const leg = legOf(await recordAndHangUp(161, 0)) as LegIn<"failed">;
    expect(leg).toMatchObject({ state: "failed", error: { code: "MEDIA_UNREADABLE" }, reason: "force_close" });
    expect(leg.error.message).toContain("161 packets of audio");
    expect(leg.error.hint).toContain("end to end");
  });

  test("packets came, but none could be forwarded: the network is not blamed", async () => {
    recorders.assembling = ["no media"];
    const id = await ring({
      ended: null,
      tracks: OFFERED.map((track) => ({ ...track, counters: { packets_received: 90 } })),
    });
    await clock.pass(36_000, 500);
    expect(legOf(id)).toMatchObject({
      state: "failed",
      reason: "not_connected",
      error: { code: "MEDIA_UNREADABLE" },
    });
  });

  test("a kind that was received is missing: the file is kept, with an error beside it, and a warning", async () => {
    stage.library.keep = async () => fileWith("audio");
    const leg = legOf(await recordAndHangUp(161, 300)) as LegIn<"ready">;
    expect(leg).toMatchObject({ state: "ready", file: fileWith("audio"), error: { code: "MEDIA_INCOMPLETE" } });
    expect(leg.error?.message).toContain("300 packets of video");
    expect(leg.error?.message).not.toContain("audio");
    expect(stage.warnings.filter(({ code }) => code === "MEDIA_INCOMPLETE")).toHaveLength(1);
  });

  test("what the gateway lost and dropped, and what is not in the file, is told in the leg's notes", async () => {
    stage.library.keep = async () => ({ ...fileWith("video"), streams: [{ kind: "video", codec: "vp8", frames: 20 }] });
    const id = await ring(received(0, 300));
    const more = { packets_given_up: 4, packets_dropped: 3, frames_redirected: 90 };
    gateway.report(id, {
      ended: { reason: "force_close", unixMs: clock.now().getTime() },
      tracks: received(0, 300).tracks.map((one) => ({ ...one, counters: { ...one.counters, ...more } })),
    });
    gateway.push(id, { event: "CLOSE" });
    await clock.pass(100);
    const leg = legOf(id) as LegIn<"ready">;
    expect(leg).not.toHaveProperty("error");
    const video = leg.notes?.filter(({ kind }) => kind === "video");
    expect(video?.map(({ code, message }) => [code, message.split(": ").at(-1)])).toEqual([
      ["LOST", "4 of 304 packets"],
      ["DROPPED", "3 of 300 packets"],
      ["NOT_IN_FILE", "67 of 90 pictures"],
    ]);
    expect(stage.warnings.map(({ code }) => code)).toEqual(expect.arrayContaining(["LOST", "DROPPED", "NOT_IN_FILE"]));
  });

  test("a file that cannot be decoded is kept, with an error and a note that say what it probably is", async () => {
    const end = { frames: 0, errors: 149, corrupt: 0, peak: null };
    recorders.decoded = (["start", "end"] as const).map((from) => ({ kind: "video", from, ...end }));
    stage.library.keep = async () => fileWith("audio", "video");
    const leg = legOf(await recordAndHangUp(161, 300)) as LegIn<"ready">;
    expect(leg).toMatchObject({ state: "ready", error: { code: "MEDIA_UNREADABLE" } });
    expect(leg.error?.hint).toContain("encrypts its media end to end");
    expect(leg.notes).toMatchObject([{ code: "ENCRYPTED", kind: "video" }]);
    expect(leg).toHaveProperty("file", fileWith("audio", "video"));
  });

  test("a picture that stands until the end does not hide that later pictures are missing", async () => {
    const video = { codec_type: "video", codec_name: "vp8", nb_read_packets: "90", duration: "60.0" };
    const probed = JSON.stringify({ format: { duration: "60.0" }, streams: [video] });
    stage.library.keep = async () => fileWith("video");
    recorders.assembly = { probed, gapSeconds: 0, stillFromSeconds: 3 };
    const clockOf = { firstUnixMs: T0, rate: 1, source: "sender_report" as const };
    const lastMs = T0 + 60_000;
    const flowing = {
      ended: null,
      tracks: OFFERED.filter(({ kind }) => kind === "video").map((track) => ({
        ...track,
        clock: clockOf,
        counters: { packets_received: 300, last_media_unix_ms: lastMs },
      })),
    };
    const id = await ring(flowing);
    await clock.pass(60_000);
    gateway.report(id, { ...flowing, ended: { reason: "force_close", unixMs: lastMs } });
    gateway.push(id, { event: "CLOSE" });
    await clock.pass(100);
    expect(legOf(id)).toMatchObject({ state: "ready", notes: [{ code: "SHORTER", kind: "video", seconds: 57 }] });
  });

  test("a track whose recorder ended with an error is told, also if the gateway does not count packets", async () => {
    recorders.ended = [
      { kind: "video", code: 234 },
      { kind: "audio", code: 0 },
    ];
    recorders.exitCode = 234;
    stage.library.keep = async () => fileWith("audio", "video");
    const counted = legOf(await recordAndHangUp(161, 300)) as LegIn<"ready">;
    expect(counted.notes).toMatchObject([{ code: "RECORDER_FAILED", kind: "video" }]);
    expect(counted.notes?.[0]?.message).toContain("exit code 234");

    stage.library.keep = async () => fileWith("audio");
    const id = await ring(FLOWING);
    await clock.pass(1_000);
    await hangUp(id);
    expect(legOf(id)).toMatchObject({ state: "ready", error: { code: "MEDIA_UNREADABLE" } });
    recorders.assembling = ["no media"];
    const other = await ring();
    await hangUp(other);
    expect(legOf(other)).toMatchObject({ state: "failed", error: { code: "MEDIA_UNREADABLE" } });
  });

  test("a track that ffmpeg cannot read when the file is assembled is told", async () => {
    const absent = [{ kind: "video" as const, recorderId: "leg-p1", isUnreadable: true }];
    recorders.assembly = { probed: "{}", gapSeconds: 0, absent };
    stage.library.keep = async () => fileWith("audio");
    const id = await ring(FLOWING);
    await clock.pass(1_000);
    await hangUp(id);
    const leg = legOf(id) as LegIn<"ready">;
    expect(leg).toMatchObject({ state: "ready", error: { code: "MEDIA_UNREADABLE" } });
    expect(leg.notes).toMatchObject([{ code: "RECORDER_FAILED", kind: "video" }]);
    expect(leg.notes?.[0]?.message).toContain("cannot read what was recorded of video");
  });

  test("a track that received nothing is not called failed, whatever its exit code", async () => {
    recorders.ended = [{ kind: "video", code: 1, isEmpty: true }];
    recorders.exitCode = 1;
    stage.library.keep = async () => fileWith("audio");
    expect(legOf(await recordAndHangUp(161, 0))).not.toHaveProperty("notes");
    recorders.assembling = ["no media"];
    expect(legOf(await recordAndHangUp(0, 0))).toMatchObject({ error: { code: "NO_MEDIA" } });
  });

  test("a recorder that was killed is told", async () => {
    recorders.exitCode = 137;
    stage.library.keep = async () => fileWith("audio", "video");
    const leg = legOf(await recordAndHangUp(161, 300)) as LegIn<"ready">;
    expect(leg.notes).toMatchObject([{ code: "RECORDER_FAILED" }]);
    expect(leg.notes?.[0]).not.toHaveProperty("kind");
  });

  test("every kind that was received is there: no error", async () => {
    stage.library.keep = async () => fileWith("audio");
    expect(legOf(await recordAndHangUp(161, 0))).not.toHaveProperty("error");
    stage.library.keep = async () => fileWith("audio", "video");
    expect(legOf(await recordAndHangUp(161, 300))).not.toHaveProperty("error");
    expect(stage.warnings).toEqual([]);
  });
});

test("a caller that begins with sound is recorded with the video that comes later, at its time in the file", async () => {
  const [audio, video] = FLOWING.tracks;
  if (!audio || !video) throw new Error("no tracks");
  const id = await ring({ ended: null, tracks: [audio] });
  expect(recorders.taken[0]?.codecs).toEqual(USUAL_CODECS);
  await clock.pass(5_000);
  expect(legOf(id)).toMatchObject({ state: "recording", tracks: [{ kind: "audio" }] });
  const late = { ...video, clock: { ...video.clock, firstUnixMs: T0 + 4_500 } };
  gateway.report(id, { ended: null, tracks: [audio, late] });
  await clock.pass(2_000);
  gateway.report(id, { ended: { reason: "force_close", unixMs: T0 + 7_000 }, tracks: [audio, late] });
  gateway.push(id, { event: "CLOSE" });
  await clock.pass(100);
  expect(recorders.orders[0]).toMatchObject({
    format: "webm",
    parts: [
      { kind: "audio", offsetSeconds: 0 },
      { kind: "video", offsetSeconds: 4.5 },
    ],
  });
});

test("a caller that sends only sound is recorded in the container that sound needs", async () => {
  stage.preferences = { video: ["H264"], audio: ["opus"] };
  const id = await ring({ ...FLOWING, tracks: FLOWING.tracks.slice(0, 1) });
  expect(recorders.taken[0]?.codecs.video?.codec).toBe("H264");
  await clock.pass(1_000);
  gateway.report(id, { ended: { reason: "force_close", unixMs: T0 + 1_000 }, tracks: FLOWING.tracks.slice(0, 1) });
  gateway.push(id, { event: "CLOSE" });
  await clock.pass(100);
  expect(recorders.orders[0]?.format).toBe("webm");
});

describe("further tracks of a caller", () => {
  test("are recorded as a leg of their own in the same call, on the same clock, and end when the gateway says so", async () => {
    const id = await ring(undefined, '{"name": "Ada"}');
    const screen = gateway.ring({ ended: null, tracks: FLOWING.tracks.slice(1) });
    gateway.report(id, { ...FLOWING, additional: [screen] });
    await clock.pass(3_000);
    const [main, beside] = [legOf(id), legOf(screen)];
    expect(beside).toMatchObject({
      state: "recording",
      beside: main?.id,
      peerId: main?.peerId,
      metadata: { name: "Ada" },
      recorderPeerId: PEER,
      startedAt: "2026-01-01T00:00:00.000Z", // before it rang: the gateway holds the tracks until they are answered
    });
    expect(Date.parse(beside?.ringingAt ?? "")).toBeGreaterThan(T0);
    expect(stage.calls.running()).toHaveLength(1);
    expect(recorders.taken).toHaveLength(2);
    expect(gateway.redirectOf(screen)).toEqual(recorders.redirects[1]);
    await hangUp(screen);
    expect(legOf(screen)).toMatchObject({ state: "ready", beside: main?.id, file: FILE });
    expect(legOf(id)).toMatchObject({ state: "recording" });
    await hangUp(id);
    expect(legOf(id)).toMatchObject({ state: "ready" });
    expect(recorders.taken).toHaveLength(2);
  });

  test("do not count as legs of their peer, and are not idle when they stand still", async () => {
    stage.limits.maxConcurrentPerPeer = 1;
    stage.limits.idleSeconds = 10;
    const id = await ring();
    const screen = gateway.ring({ ended: null, tracks: FLOWING.tracks.slice(1) });
    gateway.report(id, { ...FLOWING, additional: [screen] });
    await clock.pass(1_000);
    for (let seconds = 0; seconds < 30; seconds += 1) {
      const tracks = FLOWING.tracks.map((track) => ({ ...track, counters: { packets_received: seconds } }));
      gateway.report(id, { ended: null, tracks, additional: [screen] });
      await clock.pass(1_000);
    }
    expect(legOf(screen)).toMatchObject({ state: "recording" });
  });

  test("that are too many are told in a note", async () => {
    const id = await ring();
    gateway.report(id, { ...FLOWING, surplus: ["video", "video", "audio"] });
    await clock.pass(2_000);
    expect(legOf(id)?.notes).toMatchObject([
      { code: "NOT_RECORDED_TRACK", kind: "video", message: expect.stringContaining("2 more tracks of video") },
      { code: "NOT_RECORDED_TRACK", kind: "audio", message: expect.stringContaining("1 more track of audio") },
    ]);
  });
});

describe("transient errors are retried", () => {
  test("the engine restarts", async () => {
    recorders.assembling = [new RecorderError("DOCKER_UNREACHABLE"), new RecorderError("DOCKER_UNREACHABLE")];
    const id = await ring(FLOWING);
    await clock.pass(1_000);
    await hangUp(id);
    expect(legOf(id)).toMatchObject({ state: "finalising" });
    await clock.pass(4_000);
    expect(legOf(id)).toMatchObject({ state: "ready" });
  });

  test("the volume is full for some minutes", async () => {
    const id = await ring(FLOWING);
    await clock.pass(1_000);
    stage.library.keep = () => Promise.reject(new Error("ENOSPC: no space left on device"));
    await hangUp(id);
    await clock.pass(60_000, 500);
    expect(legOf(id)).toMatchObject({ state: "finalising" });
    stage.library.keep = async () => FILE;
    await clock.pass(16_000, 500);
    expect(legOf(id)).toMatchObject({ state: "ready" });
  });

  test("not during shutdown: the leg is left for the next process", async () => {
    recorders.assembling = Array.from({ length: 9 }, () => new RecorderError("DOCKER_UNREACHABLE"));
    const id = await ring(FLOWING);
    await clock.pass(1_000);
    void stage.runningLegs.close(clock.sleep(50_000));
    await clock.pass(2_000);
    expect(stage.runningLegs.size).toBe(0);
    expect(legOf(id)).toMatchObject({ state: "finalising", reason: "shutdown" });
  });
});

test("when the gateway is lost, the recorder is stopped with a signal, and the recording is stored", async () => {
  const id = await ring(FLOWING);
  await clock.pass(1_000);
  gateway.forget();
  await clock.pass(100);
  expect(recorders.finished).toEqual([{ byeExpected: false }]);
  expect(legOf(id)).toMatchObject({ state: "ready", reason: "gateway_lost" });
});

test("a loss that is noticed late is dated to the last written packet", async () => {
  const id = await ring(FLOWING);
  await clock.pass(20_000, 500);
  stage.library.lastWrittenAt = new Date(T0 + 12_345);
  gateway.forget();
  await clock.pass(100);
  expect(legOf(id)).toMatchObject({ state: "ready", endedAt: "2026-01-01T00:00:12.345Z" });
});

test("a full volume refuses calls with an error, and accepts calls again automatically", async () => {
  stage.library.freeBytes = 0;
  const refused = await ring();
  expect(legOf(refused)).toMatchObject({ state: "failed", error: { code: "STORAGE_FULL" } });
  expect(gateway.hungUp).toEqual([refused]);
  expect(recorders.taken).toEqual([]);

  stage.library.freeBytes = 1e9;
  const taken = await ring();
  expect(legOf(taken)).toMatchObject({ state: "connecting" });
});

test("a recording that ends because the volume is full is stored, with the reason", async () => {
  const id = await ring();
  gateway.report(id, FLOWING);
  await clock.pass(1_000);
  stage.runningLegs.stopAll("storage_full");
  await clock.pass(100);
  expect(legOf(id)).toMatchObject({ state: "ready", reason: "storage_full", file: FILE });
  expect(gateway.hungUp).toEqual([id]);
});

test("legs beyond the limit per peer or per call are refused", async () => {
  stage.limits.maxConcurrentPerCall = 2;
  const call = '{"call": "c-1"}';
  const [one, other] = [await ring(undefined, call), await ring(undefined, call)];
  const third = await ring(undefined, call);
  expect(legOf(third)).toMatchObject({ state: "failed", error: { code: "TOO_MANY_IN_CALL" } });
  stage.limits.maxConcurrentPerPeer = 0;
  expect(legOf(await ring())).toMatchObject({ state: "failed", error: { code: "TOO_MANY_FROM_PEER" } });
  for (const id of [one, other]) expect(legOf(id)).toMatchObject({ state: "connecting" });
});

describe("a recorder that is lost during a call", () => {
  async function lose(): Promise<void> {
    recorders.lose();
    await clock.pass(1_000);
  }
  const flowing = (firstRtpTimestamp: number, firstUnixMs = T0) => ({
    ended: null,
    tracks: OFFERED.map((track) => ({
      ...track,
      clock: { firstRtpTimestamp, firstUnixMs, rate: 1, source: "sender_report" as const },
    })),
  });

  test("is replaced by another, and the leg becomes one file with both parts", async () => {
    const id = await ring();
    gateway.report(id, flowing(0));
    await clock.pass(20_000);
    await lose();
    expect(gateway.redirects).toEqual([undefined, "192.0.2.8"]);
    expect(legOf(id)).toMatchObject({ state: "recording", startedAt: "2026-01-01T00:00:00.000Z" });
    await clock.pass(5_000);
    const ended = { reason: "force_close", unixMs: clock.now().getTime() };
    gateway.report(id, { ...flowing(90_000 * 15, T0 + 15_000), ended });
    gateway.push(id, { event: "CLOSE" });
    await clock.pass(100);

    const leg = legOf(id);
    expect(leg).toMatchObject({
      state: "ready",
      startedAt: "2026-01-01T00:00:00.000Z",
      gapSeconds: 0,
      parts: [{ reason: "recorder_lost", tracks: [{ kind: "audio" }, { kind: "video" }] }],
    });
    expect(leg).not.toHaveProperty("error");
    const [, other] = recorders.taken.map(({ recorderId }) => recorderId);
    expect(recorders.orders[0]).toMatchObject({ recorderId: other });
    expect(recorders.orders[0]?.parts.filter(({ kind }) => kind === "video")).toMatchObject([
      { offsetSeconds: 0 },
      { offsetSeconds: 15, recorderId: other },
    ]);
    expect(gateway.hungUp).toEqual([]);
  });

  test.each([
    ["docker-guard", "DOCKER_UNREACHABLE"],
    ["the recorders' network", "RECORDER_NETWORK_MISSING"],
  ] as const)("together with %s is replaced as soon as it is back", async (_, code) => {
    const id = await ring();
    gateway.report(id, flowing(0));
    await clock.pass(20_000);
    recorders.taking = new RecorderError(code);
    await lose();
    await clock.pass(20_000, 500);
    expect(legOf(id)).toMatchObject({ state: "recording" });
    expect(gateway.redirects).toEqual([undefined]); // the gateway keeps the media
    recorders.taking = undefined;
    await clock.pass(1_000);
    expect(gateway.redirects).toEqual([undefined, "192.0.2.8"]);
    expect(legOf(id)).toMatchObject({ state: "recording", parts: [{ reason: "recorder_lost" }] });
  });

  test("is not replaced if the gateway cannot redirect: the leg ends with the media recorded so far", async () => {
    const id = await ring(null);
    gateway.push(id, { event: "STREAM" });
    await clock.pass(5_000);
    await lose();
    expect(legOf(id)).toMatchObject({ state: "ready", reason: "recorder_lost", error: { code: "RECORDER_LOST" } });
    expect(gateway.hungUp).toEqual([id]);
  });

  test("together with its gateway is not the reason for the leg's end", async () => {
    const id = await ring();
    gateway.report(id, flowing(0));
    await clock.pass(5_000);
    gateway.trouble = new GatewayError("UNREACHABLE", "connection refused");
    await lose();
    await clock.pass(1_000);
    const leg = legOf(id);
    expect(leg).toMatchObject({ state: "ready", reason: "gateway_lost" });
    expect(leg).not.toHaveProperty("error");
  });

  test("and cannot be replaced ends its leg with the media recorded so far", async () => {
    const id = await ring();
    gateway.report(id, flowing(0));
    await clock.pass(5_000);
    recorders.taking = new RecorderError("RECORDER_NOT_STARTED");
    await lose();
    await clock.pass(500);
    expect(legOf(id)).toMatchObject({ state: "recording" }); // it is tried again, a few times
    await clock.pass(1_000, 500);
    expect(legOf(id)).toMatchObject({ state: "ready", reason: "recorder_lost", error: { code: "RECORDER_LOST" } });
    expect(gateway.hungUp).toEqual([id]);
  });

  test("because of the media itself is not replaced by one that would be lost too", async () => {
    const id = await ring();
    gateway.report(id, flowing(0));
    await clock.pass(2_000);
    recorders.refusedMedia = true;
    await lose();
    expect(recorders.taken).toHaveLength(1);
    expect(legOf(id)).toMatchObject({ state: "ready", reason: "recorder_lost", error: { code: "RECORDER_LOST" } });
    expect(gateway.hungUp).toEqual([id]);
  });

  test("too many times ends its leg", async () => {
    const id = await ring();
    gateway.report(id, flowing(0));
    for (let lost = 0; lost < 10; lost += 1) {
      await clock.pass(3_000);
      await lose();
    }
    expect(recorders.taken).toHaveLength(6);
    expect(legOf(id)).toMatchObject({ state: "ready", reason: "recorder_lost" });
  });
});
