import { expect, test } from "vitest";
import { presence } from "./presence.ts";
import { hashOf, type RecordedPacket } from "./recordedPackets.ts";
import type { SentFrame } from "./sentMedia.ts";

const FRAMES = 300;
const STEP = 3_000;
const SENT_AT = 1_700_000_000_000;
const OFFSET_SECONDS = 0.25;

/** The timestamp wraps in the middle. */
const sent: SentFrame[] = Array.from({ length: FRAMES }, (_, index) => ({
  rtpTimestamp: (2 ** 32 - 100 * STEP + index * STEP) % 2 ** 32,
  atMs: SENT_AT + (index * 1000) / 30,
  payload: Buffer.from(`frame ${index}`),
}));

function recorded(frames: readonly SentFrame[] = sent): RecordedPacket[] {
  return frames.map(({ payload, atMs }) => ({
    seconds: Math.round(OFFSET_SECONDS * 1000 + (atMs - SENT_AT)) / 1000,
    hash: hashOf(payload),
  }));
}

test("in a complete file no frame is missing, at any start time", () => {
  const found = presence("video", sent, recorded());
  expect(found).toMatchObject({ sent: FRAMES, present: FRAMES, missing: [], foreign: 0 });
  expect(found).toMatchObject({ startMissingMs: 0, endMissingMs: 0, longestHoleMs: 0 });
  expect(found.correctedMs).toBeLessThan(2);
  expect(found.rate).toBeCloseTo(1, 4);
});

test("missing frames are reported by their send times", () => {
  const { present, missing, longestHoleMs } = presence("video", sent, recorded(sent.toSpliced(100, 3)));
  expect(present).toBe(FRAMES - 3);
  expect(longestHoleMs).toBeCloseTo(100, 0);
  expect(missing).toEqual(sent.slice(100, 103).map(({ atMs }) => atMs));
});

test("a missing start and a missing end are measured", () => {
  const found = presence("video", sent, recorded(sent.slice(9, -6)));
  expect(found.startMissingMs).toBeCloseTo(300, 0);
  expect(found.endMissingMs).toBeCloseTo(200, 0);
});

test("a duplicated or changed frame is foreign, and a frame at a wrong time is displaced", () => {
  const packets = recorded();
  const twice = packets.toSpliced(50, 0, { seconds: packets[50]?.seconds ?? 0, hash: packets[50]?.hash ?? "" });
  expect(presence("video", sent, twice)).toMatchObject({ present: FRAMES, foreign: 1 });
  const changed = packets.with(60, { seconds: packets[60]?.seconds ?? 0, hash: hashOf(Buffer.from("other")) });
  expect(presence("video", sent, changed)).toMatchObject({ present: FRAMES - 1, foreign: 1 });
  const moved = packets.with(70, { seconds: (packets[70]?.seconds ?? 0) + 0.03, hash: packets[70]?.hash ?? "" });
  const found = presence("video", sent, moved);
  expect(found).toMatchObject({ present: FRAMES, foreign: 0 });
  expect(found.displacedMs).toBeCloseTo(30, -1);
});

test("identical frames, such as silence, are distinguished by their time", () => {
  const alike = sent.map((frame, index) => (index % 10 === 0 ? frame : { ...frame, payload: Buffer.from("silence") }));
  const packets = recorded(alike);
  expect(presence("video", alike, packets)).toMatchObject({ present: FRAMES, missing: [], foreign: 0 });
  expect(presence("video", alike, packets.toSpliced(105, 2)).missing).toEqual([sent[105]?.atMs, sent[106]?.atMs]);
});

test("a fast sender clock is not counted as loss", () => {
  const slow = recorded().map(({ seconds, hash }) => ({ seconds: seconds * 1.0005, hash }));
  const found = presence("video", sent, slow);
  expect(found.present).toBe(FRAMES);
  expect(found.rate).toBeCloseTo(1.0005, 4);
});

test("time that is missing in a sender's timestamps is counted as silence, not as loss", () => {
  const packets = recorded();
  const silence = hashOf(Buffer.of(0xfc, 0xff, 0xfe));
  const later = [
    ...packets.slice(0, 150),
    ...[0, 1, 2].map((index) => ({ seconds: (packets[150]?.seconds ?? 0) + index * 0.02, hash: silence })),
    ...packets.slice(150).map(({ seconds, hash }) => ({ seconds: seconds + 0.06, hash })),
  ];
  const found = presence("video", sent, later);
  expect(found).toMatchObject({ present: FRAMES, missing: [], filled: 3, foreign: 0 });
  expect(found.correctedMs).toBeCloseTo(60, -1);
});
