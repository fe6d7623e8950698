import { describe, expect, test } from "vitest";
import type { Kind } from "../../archive/library/manifest.ts";
import type { TrackClock, TrackReport } from "../gateway/gateway.ts";
import { USUAL_CODECS } from "../recorders/codecs.ts";
import { firstMediaAt, manifestTracks, tracksChanged } from "./manifestTracks.ts";

const clock = (firstUnixMs: number, more: Partial<TrackClock> = {}): TrackClock => ({
  firstUnixMs,
  rate: 1,
  source: "sender_report",
  ...more,
});
const track = (kind: Kind, its: TrackClock | null): TrackReport => ({ kind, clock: its, offered: [], counters: {} });
const tracksOf = (...tracks: TrackReport[]) => manifestTracks({ ended: null, tracks }, USUAL_CODECS);

describe("the manifest's tracks", () => {
  test("contain one track of each recorded kind, preferably one that has begun", () => {
    const report = { ended: null, tracks: [track("video", null), track("audio", clock(1)), track("video", clock(2))] };
    expect(manifestTracks(report, USUAL_CODECS).map(({ kind, clock }) => [kind, clock?.firstUnixMs])).toEqual([
      ["audio", 1],
      ["video", 2],
    ]);
    expect(manifestTracks(report, { audio: USUAL_CODECS.audio }).map(({ kind }) => kind)).toEqual(["audio"]);
  });

  test("media begins with the earliest track", () => {
    expect(firstMediaAt(tracksOf(track("audio", null)))).toBeUndefined();
    expect(firstMediaAt(tracksOf(track("audio", clock(2_000)), track("video", clock(1_000))))?.getTime()).toBe(1_000);
  });
});

describe("changes that require a new manifest", () => {
  const before = tracksOf(track("audio", clock(1_000, { source: "arrival" })), track("video", null));
  const now = (its: TrackClock | null, other: TrackClock | null = null) =>
    tracksOf(track("audio", its), track("video", other));

  test.each([
    ["a track begins", now(clock(1_000, { source: "arrival" }), clock(2_000)), true],
    ["a sender report replaces an arrival time", now(clock(1_000)), true],
    ["the start moves", now(clock(1_020, { source: "arrival" })), true],
    ["the rate becomes known", now(clock(1_000, { source: "arrival", rate: 1.00005 })), true],
    ["the clock changes by less than is audible", now(clock(1_000.4, { source: "arrival" })), false],
    ["nothing changes", before, false],
  ])("%s", (_, tracks, expected) => expect(tracksChanged(before, tracks)).toBe(expected));

  test("counters alone do not", () => {
    const more = tracksOf({
      ...track("audio", clock(1_000, { source: "arrival" })),
      counters: { packets_received: 9 },
    });
    expect(tracksChanged(before, more)).toBe(false);
  });
});
