import { expect, test } from "vitest";
import { Arrivals } from "./arrivals.ts";

/** How long it takes until packets have ceased; a packet arrives every `intervalMs`, until `lastMs`. */
async function ceasedAfter(intervalMs: number, lastMs: number, limitMs: number): Promise<number> {
  const arrivals = new Arrivals();
  let nowMs = 0;
  const wait = async (ms: number) => {
    for (const end = nowMs + ms; nowMs < end; ) {
      nowMs += 1;
      if (nowMs % intervalMs === 0 && nowMs <= lastMs) arrivals.add("media", nowMs);
    }
  };
  await arrivals.ceased(limitMs, () => nowMs, wait);
  return nowMs;
}

test("packets have ceased once none arrives for a moment", async () => {
  expect(await ceasedAfter(1, 0, 1_000)).toBe(50);
  expect(await ceasedAfter(5, 32, 1_000)).toBe(100);
});

test("waiting for the last packet stops at a time limit", async () => {
  expect(await ceasedAfter(1, 1_000, 100)).toBe(100);
});

test("silence is counted from the last packet", () => {
  const arrivals = new Arrivals();
  arrivals.add("media", 10);
  arrivals.add("rtcp", 20);
  expect(arrivals.silentMs(50)).toBe(30);
  expect([arrivals.media, arrivals.rtcp]).toEqual([1, 1]);
});
