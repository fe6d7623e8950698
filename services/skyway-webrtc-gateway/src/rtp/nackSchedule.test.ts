import { describe, expect, it } from "vitest";
import { intervalMs, maxWaitMs, nextRequestMs } from "./nackSchedule.ts";

describe("requesting a missing packet", () => {
  it("waits a moment for a packet that may only be reordered", () => {
    expect(nextRequestMs({ noticedMs: 1_000, requests: 0, requestedMs: 0 }, 50)).toBe(1_010);
  });

  it("repeats the request before a round trip is over, because the NACK may be lost as well", () => {
    expect(nextRequestMs({ noticedMs: 1_000, requests: 1, requestedMs: 1_010 }, 200)).toBe(1_130);
  });

  it("neither floods a near sender nor neglects a distant one", () => {
    expect(intervalMs(1, 0)).toBe(20);
    expect(intervalMs(1, 10_000)).toBe(250);
    expect(intervalMs(255, 0)).toBe(250);
  });

  it("continues for longer than any sender keeps a packet", () => {
    expect(maxWaitMs(0)).toBe(3_500);
    expect(maxWaitMs(600)).toBe(4_800);
    expect(maxWaitMs(60_000)).toBe(6_000);
  });

  it("sends at least eight requests before giving up, with any round trip up to 500 ms", () => {
    for (const roundTripMs of [0, 50, 100, 200, 500]) {
      let requests = 0;
      let requestedMs = 0;
      for (
        let at = nextRequestMs({ noticedMs: 0, requests, requestedMs }, roundTripMs);
        at < maxWaitMs(roundTripMs);
      ) {
        requests++;
        requestedMs = at;
        at = nextRequestMs({ noticedMs: 0, requests, requestedMs }, roundTripMs);
      }
      expect(requests).toBeGreaterThanOrEqual(8);
    }
  });
});
