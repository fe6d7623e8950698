import { describe, expect, it } from "vitest";
import { intervalMs, nextAskMs, patienceMs } from "./nackSchedule.ts";

describe("asking for a missing packet", () => {
  it("waits a moment for one that was only overtaken", () => {
    expect(nextAskMs({ noticedMs: 1_000, asked: 0, askedMs: 0 }, 50)).toBe(1_010);
  });

  it("asks again before a round trip is over, because the question may have been lost as well", () => {
    expect(nextAskMs({ noticedMs: 1_000, asked: 1, askedMs: 1_010 }, 200)).toBe(1_130);
  });

  it("neither floods a near sender nor forgets a far one", () => {
    expect(intervalMs(1, 0)).toBe(20);
    expect(intervalMs(1, 10_000)).toBe(250);
    expect(intervalMs(255, 0)).toBe(250);
  });

  it("goes on for longer than any sender keeps a packet", () => {
    expect(patienceMs(0)).toBe(3_500);
    expect(patienceMs(600)).toBe(4_800);
    expect(patienceMs(60_000)).toBe(6_000);
  });

  it("asks at least eight times before it gives up, whatever the round trip up to 500 ms", () => {
    for (const roundTripMs of [0, 50, 100, 200, 500]) {
      let asked = 0;
      let askedMs = 0;
      for (let at = nextAskMs({ noticedMs: 0, asked, askedMs }, roundTripMs); at < patienceMs(roundTripMs); ) {
        asked++;
        askedMs = at;
        at = nextAskMs({ noticedMs: 0, asked, askedMs }, roundTripMs);
      }
      expect(asked).toBeGreaterThanOrEqual(8);
    }
  });
});
