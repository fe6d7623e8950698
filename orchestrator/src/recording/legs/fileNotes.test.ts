import { expect, test } from "vitest";
import type { Kind, ManifestTrack } from "../../archive/library/manifest.ts";
import type { RecorderId } from "../../ids.ts";
import { type ComparedFile, fileNotes, hardlyRecorded } from "./fileNotes.ts";

const T0 = Date.parse("2026-11-23T10:00:00Z");
const at = (seconds: number) => new Date(T0 + seconds * 1000);
const track = (kind: Kind, frames: number, lastSeconds: number, more = {}): ManifestTrack => ({
  kind,
  clock: { firstUnixMs: T0, rate: 1, source: "sender_report" },
  counters: { frames_redirected: frames, packets_dropped: 0, last_media_unix_ms: T0 + lastSeconds * 1000, ...more },
});
const compared = (file: { audio?: [number, number]; video?: [number, number] }, tracks: ManifestTrack[]) => {
  const kinds = (["audio", "video"] as const).filter((kind) => file[kind]);
  return {
    recording: { streams: kinds.map((kind) => ({ kind, codec: "", frames: file[kind]?.[0] as number })) },
    ends: Object.fromEntries(kinds.map((kind) => [kind, file[kind]?.[1]])),
    ...{ tracks, endedAt: at(11), isTranscoded: false },
  } satisfies ComparedFile;
};

test("a file that has what the gateway forwarded has no notes", () => {
  const tracks = [track("audio", 550, 11), track("video", 330, 11)];
  expect(fileNotes(compared({ audio: [551, 11], video: [329, 10.97] }, tracks))).toEqual([]);
});

test("a track that ends while its media still arrives is told, with the time and the length", () => {
  const tracks = [track("audio", 550, 11), track("video", 90, 11)];
  expect(fileNotes(compared({ audio: [550, 11], video: [90, 3] }, tracks))).toEqual([
    { code: "SHORTER", kind: "video", at: at(3), seconds: 8 },
  ]);
});

test("a camera that was switched off is not missing", () => {
  const tracks = [track("audio", 550, 11), track("video", 90, 3)];
  expect(fileNotes(compared({ audio: [550, 11], video: [90, 3] }, tracks))).toEqual([]);
});

test("frames that the gateway forwarded and that the file does not have are told", () => {
  const tracks = [track("audio", 550, 11), track("video", 330, 11)];
  expect(fileNotes(compared({ audio: [531, 11], video: [239, 11] }, tracks))).toEqual([
    { code: "NOT_IN_FILE", kind: "audio", detail: "19 of 550 packets" },
    { code: "NOT_IN_FILE", kind: "video", detail: "91 of 330 pictures" },
  ]);
});

test("packets that the gateway dropped after it had counted them as forwarded are told by the gateway", () => {
  const tracks = [track("video", 330, 11, { packets_dropped: 100 })];
  expect(fileNotes(compared({ video: [239, 11] }, tracks))).toEqual([]);
});

test("audio that was encoded again has other packets", () => {
  const file = compared({ audio: [100, 11] }, [track("audio", 550, 11)]);
  expect(fileNotes({ ...file, isTranscoded: true })).toEqual([]);
});

test("only what came after the previous file counts, in all parts", () => {
  const lost = { recorderId: "leg-p2" as RecorderId, endedAt: at(8).toISOString(), reason: "recorder_lost" };
  const file = { ...compared({ video: [150, 5] }, [track("video", 480, 16)]), endedAt: at(16) };
  const parts = [{ ...lost, tracks: [track("video", 400, 13)] }];
  const shifted = { ...file, parts, tracks: file.tracks.map((one) => ({ ...one, clock: null })) };
  parts[0]?.tracks.forEach((one) => {
    if (one.clock) one.clock.firstUnixMs = at(11).getTime();
  });
  expect(fileNotes(shifted, { tracks: [track("video", 330, 11)] })).toEqual([]);
  expect(fileNotes(shifted)).toMatchObject([{ code: "NOT_IN_FILE", detail: "330 of 480 pictures" }]);
});

test("a gateway without counters cannot be compared with", () => {
  const tracks = [{ kind: "video" as const, clock: null, counters: {} }];
  expect(fileNotes(compared({ video: [90, 3] }, tracks))).toEqual([]);
});

test("a kind of which hardly anything is in the file is named, unless hardly anything came", () => {
  const tracks = [track("audio", 500, 11), track("video", 20, 11)];
  expect(hardlyRecorded(compared({ audio: [1, 0.02], video: [1, 11] }, tracks))).toEqual(["audio"]);
  expect(hardlyRecorded(compared({ audio: [60, 11], video: [20, 11] }, tracks))).toEqual([]);
});
