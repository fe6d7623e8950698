import { expect, test } from "vitest";
import type { Leg } from "../api/schemas.ts";
import { lanesOf, spanOf, ticks } from "./lanes.ts";

const leg = (id: string, more: Partial<Leg>): Leg => ({
  id,
  peerId: id,
  metadata: null,
  state: "ready",
  startedAt: "2026-11-23T10:00:00.000Z",
  endedAt: "2026-11-23T10:00:20.000Z",
  ...more,
});
const file = { name: "a.webm", bytes: 1, durationSeconds: 12.5, streams: [] };

test("lanes begin where their media began, and are as long as their files", () => {
  const lanes = lanesOf([leg("late", { startedAt: "2026-11-23T10:00:02.500Z", file }), leg("early", { file })]);
  expect(lanes.map(({ from, to }) => [from, to])).toEqual([
    [2.5, 15],
    [0, 12.5],
  ]);
  expect(spanOf(lanes, 99)).toBe(15);
});

test("a leg of several files reaches to the end of the last, and to now while it goes on", () => {
  const files = ["00", "10", "20"].map((seconds) => ({ startedAt: `2026-11-23T10:00:${seconds}.000Z`, file }));
  const lanes = lanesOf([leg("over", { file, files }), leg("on", { state: "recording", endedAt: null, files })]);
  expect(lanes.map(({ to, recorded }) => [to, recorded])).toEqual([
    [32.5, true],
    [undefined, true],
  ]);
});

test("a leg that goes on reaches to now, one that failed to its end", () => {
  const lanes = lanesOf([leg("on", { state: "recording", endedAt: null }), leg("failed", { state: "failed" })]);
  expect(lanes.map(({ to, recorded }) => [to, recorded])).toEqual([
    [undefined, false],
    [20, false],
  ]);
  expect(spanOf(lanes, 42)).toBe(42);
});

test.each([
  [0, [0]],
  [4.2, [0, 1, 2, 3, 4]],
  [20, [0, 5, 10, 15, 20]],
  [95, [0, 30, 60, 90]],
  [3_700, [0, 900, 1_800, 2_700, 3_600]],
])("a tape of %d s is marked at %j", (span, marks) => expect(ticks(span)).toEqual(marks));
