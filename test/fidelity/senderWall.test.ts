import { expect, test } from "vitest";
import { type SenderReport, senderWall } from "./senderWall.ts";
import type { SentFrame } from "./sentMedia.ts";

const BEGAN_AT = 1_700_000_000_000;
const FIRST = 2 ** 32 - 48_000; // wraps after a second
const frames: SentFrame[] = [{ rtpTimestamp: FIRST, atMs: BEGAN_AT, payload: Buffer.alloc(0) }];

/** A report after this many seconds of sound, when the wall clock is ahead by `lostMs`. */
const report = (seconds: number, lostMs = 0): SenderReport => ({
  senderMs: BEGAN_AT + seconds * 1000 + lostMs,
  rtpTimestamp: (FIRST + seconds * 48_000) % 2 ** 32,
});

test("the median of scattered reports is used", () => {
  const wall = senderWall("audio", frames, [report(2, -4), report(7, 1), report(12, 3)]);
  expect(wall.at(10)).toBeCloseTo(BEGAN_AT + 10_001, 1);
  expect(wall.scatterMs).toBeCloseTo(2, 1);
});

test("after a stall only later reports are used", () => {
  const wall = senderWall("audio", frames, [report(2), report(7), report(12, 200), report(17, 202)]);
  expect(wall.at(5)).toBeCloseTo(BEGAN_AT + 5_000, 1);
  expect(wall.at(15)).toBeCloseTo(BEGAN_AT + 15_201, 1);
  expect(wall.steps).toBe(1);
});
