import { describe, expect, test } from "vitest";
import type { ManifestTrack } from "../../archive/library/manifest.ts";
import { newLegId, recorderIdOf } from "../../ids.ts";
import { USUAL_CODECS } from "../recorders/codecs.ts";
import { codecsWithMedia, trackParts } from "./parts.ts";

const legId = newLegId(new Date(0));
const [first, second] = [recorderIdOf(legId, 1), recorderIdOf(legId, 2)];
const track = (kind: "audio" | "video", its: Partial<NonNullable<ManifestTrack["clock"]>> | null): ManifestTrack => ({
  kind,
  clock: its && { firstUnixMs: 0, rate: 1, source: "sender_report", ...its },
  counters: {},
});
const placed = (...tracks: ManifestTrack[]) => trackParts({ recorderId: first, codecs: USUAL_CODECS, tracks });

describe("placing the tracks of one recorder in a file", () => {
  test("the first track begins at zero, the other one with its delay", () => {
    const [audio, video] = placed(track("audio", { firstUnixMs: 10_000 }), track("video", { firstUnixMs: 12_067.5 }));
    expect(audio).toEqual({ kind: "audio", recorderId: first, offsetSeconds: 0, scale: 1 });
    expect(video?.offsetSeconds).toBeCloseTo(2.0675, 6);
  });

  test("a track with a slow sender clock is stretched", () => {
    expect(placed(track("audio", { rate: 1.0001 }))[0]?.scale).toBe(1.0001);
  });

  test("a track that never began does not move the other, and without a gateway clock both stay in place", () => {
    for (const tracks of [[track("audio", { firstUnixMs: 10_000 }), track("video", null)], []]) {
      expect(placed(...tracks).map(({ kind, offsetSeconds }) => [kind, offsetSeconds])).toEqual([
        ["audio", 0],
        ["video", 0],
      ]);
    }
  });
});

test("a file has the codecs of the kinds that began in any part, or all if the gateway reports none", () => {
  const leg = { recorderId: second, codecs: USUAL_CODECS };
  const part = { recorderId: first, tracks: [track("audio", {})], endedAt: "", reason: "recorder_lost" };
  expect(codecsWithMedia({ ...leg, tracks: [track("audio", {}), track("video", null)] })).toEqual({
    audio: USUAL_CODECS.audio,
  });
  expect(codecsWithMedia({ ...leg, tracks: [track("video", {})], parts: [part] })).toEqual(USUAL_CODECS);
  expect(codecsWithMedia({ ...leg, tracks: [] })).toEqual(USUAL_CODECS);
});

describe("placing the parts of a track", () => {
  const parted = (before: ManifestTrack[], after: ManifestTrack[]) =>
    trackParts({
      recorderId: second,
      codecs: USUAL_CODECS,
      tracks: after,
      parts: [{ recorderId: first, tracks: before, endedAt: "2026-01-01T00:00:00Z", reason: "recorder_lost" }],
    });

  test("their distance comes from the sender's timestamps, not from a clock that was refined in between", () => {
    const [one, other] = parted(
      [track("video", { firstUnixMs: 10_000, firstRtpTimestamp: 1_000 })],
      [track("video", { firstUnixMs: 15_004, firstRtpTimestamp: 1_000 + 5 * 90_000, rate: 1.00001 })],
    );
    expect(one).toEqual({ kind: "video", recorderId: first, offsetSeconds: 0, scale: 1 });
    expect(other).toEqual({ kind: "video", recorderId: second, offsetSeconds: 5, scale: 1 });
  });

  test("the sender's timestamps may wrap around more than once", () => {
    const hours = 40;
    const units = hours * 3600 * 90_000;
    const [, other] = parted(
      [track("video", { firstUnixMs: 0, firstRtpTimestamp: 4_000_000_000 })],
      [track("video", { firstUnixMs: hours * 3_600_000 + 200, firstRtpTimestamp: (4_000_000_000 + units) % 2 ** 32 })],
    );
    expect(other?.offsetSeconds).toBeCloseTo(hours * 3600, 6);
  });

  test("a part without a clock is left out", () => {
    const parts = parted([track("audio", null)], [track("audio", { firstUnixMs: 3_000, firstRtpTimestamp: 1 })]);
    expect(parts).toEqual([{ kind: "audio", recorderId: second, offsetSeconds: 0, scale: 1 }]);
  });
});

test("a part that is fully contained in the next one is left out", () => {
  const clock = (seconds: number) => ({ firstRtpTimestamp: 90_000 * (10 + seconds), firstUnixMs: 1_000 * seconds });
  const lost = { recorderId: first, tracks: [track("video", clock(2.7))], endedAt: "", reason: "recorder_lost" };
  const leg = { recorderId: second, codecs: USUAL_CODECS, tracks: [track("video", clock(0))], parts: [lost] };
  expect(trackParts(leg)).toEqual([{ kind: "video", recorderId: second, offsetSeconds: 0, scale: 1 }]);
});
