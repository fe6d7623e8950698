import { describe, expect, test } from "vitest";
import type { TrackClock, TrackReport } from "../gateway/gateway.ts";
import { type Kind, USUAL_CODECS } from "../recorders/codecs.ts";
import { firstMediaAt, manifestTracks, tracksChanged } from "./manifestTracks.ts";

const clock = (firstUnixMs: number, more: Partial<TrackClock> = {}): TrackClock => ({
  firstUnixMs,
  rate: 1,
  source: "sender_report",
  ...more,
});
const track = (kind: Kind, its: TrackClock | null): TrackReport => ({ kind, clock: its, offered: [], counters: {} });
const notes = (...tracks: TrackReport[]) => manifestTracks({ ended: null, tracks }, USUAL_CODECS);

describe("noting what a gateway reports", () => {
  test("only what is recorded is noted, one track of each kind, one that has begun if there is one", () => {
    const report = { ended: null, tracks: [track("video", null), track("audio", clock(1)), track("video", clock(2))] };
    expect(manifestTracks(report, USUAL_CODECS).map(({ kind, clock }) => [kind, clock?.firstUnixMs])).toEqual([
      ["audio", 1],
      ["video", 2],
    ]);
    expect(manifestTracks(report, { audio: USUAL_CODECS.audio }).map(({ kind }) => kind)).toEqual(["audio"]);
  });

  test("media begins with the first track", () => {
    expect(firstMediaAt(notes(track("audio", null)))).toBeUndefined();
    expect(firstMediaAt(notes(track("audio", clock(2_000)), track("video", clock(1_000))))?.getTime()).toBe(1_000);
  });
});

describe("news for the manifest", () => {
  const before = notes(track("audio", clock(1_000, { source: "arrival" })), track("video", null));
  const now = (its: TrackClock | null, other: TrackClock | null = null) =>
    notes(track("audio", its), track("video", other));

  test.each([
    ["a track begins", now(clock(1_000, { source: "arrival" }), clock(2_000)), true],
    ["a sender report takes the place of an arrival", now(clock(1_000)), true],
    ["the beginning moves", now(clock(1_020, { source: "arrival" })), true],
    ["the rate becomes known", now(clock(1_000, { source: "arrival", rate: 1.00005 })), true],
    ["the clock is refined by less than anyone can hear", now(clock(1_000.4, { source: "arrival" })), false],
    ["nothing changes", before, false],
  ])("%s", (_, tracks, expected) => expect(tracksChanged(before, tracks)).toBe(expected));

  test("counters alone are not", () => {
    const more = notes({ ...track("audio", clock(1_000, { source: "arrival" })), counters: { packets_received: 9 } });
    expect(tracksChanged(before, more)).toBe(false);
  });
});
