import { expect, test } from "vitest";
import type { ManifestTrack } from "../../archive/library/manifest.ts";
import { lossNotes } from "./lossNotes.ts";

const T0 = Date.parse("2026-11-23T10:00:00Z");
const track = (kind: "audio" | "video", counters: ManifestTrack["counters"]): ManifestTrack => ({
  kind,
  clock: { firstUnixMs: T0, rate: 1, source: "arrival" },
  counters,
});

test("packets that were lost, and those that were dropped, are told for each kind", () => {
  const audio = {
    ...{ packets_received: 495, packets_duplicate: 15, packets_padding: 0, packets_redirected: 480 },
    ...{ packets_given_up: 20, packets_dropped: 0, last_media_unix_ms: T0 + 10_000 },
  };
  const video = { packets_received: 1_000, packets_given_up: 2, packets_dropped: 7, packets_redirected: 993 };

  expect(lossNotes([track("audio", audio), track("video", video)])).toEqual([
    { code: "LOST", kind: "audio", detail: "20 of 500 packets", seconds: 0.4 },
    { code: "LOST", kind: "video", detail: "2 of 1002 packets" },
    { code: "DROPPED", kind: "video", detail: "7 of 1000 packets" },
  ]);
});

test("the last part has the counters of the whole call", () => {
  const [before, after] = [3, 5].map((packets_dropped) => track("video", { packets_received: 90, packets_dropped }));
  expect(lossNotes([before, after] as ManifestTrack[])).toMatchObject([{ detail: "5 of 90 packets" }]);
});

test("without loss, and for a gateway that does not count, there is nothing to tell", () => {
  expect(lossNotes([track("audio", { packets_received: 500, packets_given_up: 0, packets_dropped: 0 })])).toEqual([]);
  expect(lossNotes([track("video", {})])).toEqual([]);
});
