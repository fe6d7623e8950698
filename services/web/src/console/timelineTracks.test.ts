import { expect, test } from "vitest";
import type { Leg } from "../api/schemas.ts";
import { ticks, timelineLength, timelineTracks } from "./timelineTracks.ts";

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

test("tracks begin when their media began, and are as long as their files", () => {
  const tracks = timelineTracks([leg("late", { startedAt: "2026-11-23T10:00:02.500Z", file }), leg("early", { file })]);
  expect(tracks.map(({ from, to }) => [from, to])).toEqual([
    [2.5, 15],
    [0, 12.5],
  ]);
  expect(timelineLength(tracks, 99)).toBe(15);
});

test("a leg with several files ends with the last file, or now while it is running", () => {
  const files = ["00", "10", "20"].map((seconds) => ({ startedAt: `2026-11-23T10:00:${seconds}.000Z`, file }));
  const tracks = timelineTracks([
    leg("over", { file, files }),
    leg("on", { state: "recording", endedAt: null, files }),
  ]);
  expect(tracks.map(({ to, recorded }) => [to, recorded])).toEqual([
    [32.5, true],
    [undefined, true],
  ]);
});

test("a running leg ends now, a failed leg at its end", () => {
  const tracks = timelineTracks([leg("on", { state: "recording", endedAt: null }), leg("failed", { state: "failed" })]);
  expect(tracks.map(({ to, recorded }) => [to, recorded])).toEqual([
    [undefined, false],
    [20, false],
  ]);
  expect(timelineLength(tracks, 42)).toBe(42);
});

test.each([
  [0, [0]],
  [4.2, [0, 1, 2, 3, 4]],
  [20, [0, 5, 10, 15, 20]],
  [95, [0, 30, 60, 90]],
  [3_700, [0, 900, 1_800, 2_700, 3_600]],
])("a timeline of %d s has ticks at %j", (span, marks) => expect(ticks(span)).toEqual(marks));
