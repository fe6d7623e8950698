import { describe, expect, test } from "vitest";
import type { ManifestTrack } from "../../archive/library/manifest.ts";
import { secondsToEnd } from "./secondsToEnd.ts";

const at = new Date(25_000);
const track = (kind: "audio" | "video", firstUnixMs: number | null, counters = {}): ManifestTrack => ({
  ...{ kind, counters },
  clock: firstUnixMs === null ? null : { firstUnixMs, rate: 1, source: "sender_report" },
});

describe("the time from the start of a file to the end of the call", () => {
  test("is counted from the first track", () => {
    const tracks = [track("audio", 11_000), track("video", 10_000)];
    expect(secondsToEnd({ tracks }, { reason: "closed", gatewayReason: "force_close", at })).toBe(15);
    expect(secondsToEnd({ tracks }, { reason: "max_duration", at })).toBe(15);
  });

  test("ends with the last sign of a sender that was gone before this was noticed", () => {
    const tracks = [track("video", 10_000, { last_media_unix_ms: 10_100, last_report_unix_ms: 22_000 })];
    for (const gatewayReason of ["ice_failed", "leave"])
      expect(secondsToEnd({ tracks }, { reason: "closed", gatewayReason, at })).toBe(12);
    expect(secondsToEnd({ tracks }, { reason: "gateway_lost", at })).toBe(12);
  });

  test("is unknown without a gateway's clock, or if nothing tells when the sender was gone", () => {
    expect(secondsToEnd({ tracks: [] }, { reason: "closed", at })).toBeUndefined();
    expect(secondsToEnd({ tracks: [track("video", null)] }, { reason: "closed", at })).toBeUndefined();
    expect(secondsToEnd({ tracks: [track("video", 10_000)] }, { reason: "gateway_lost", at })).toBeUndefined();
  });
});
