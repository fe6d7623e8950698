import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Arrivals } from "./arrivals.ts";

let arrivals: Arrivals;
let isCeased: boolean;

const watch = (untilMs: number) =>
  arrivals.ceased(untilMs, Date.now).then(() => {
    isCeased = true;
  });

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  arrivals = new Arrivals();
  isCeased = false;
});
afterEach(() => vi.useRealTimers());

test("packets have ceased once none arrives for a moment", async () => {
  void watch(1_000);
  arrivals.add("media", 0);
  await vi.advanceTimersByTimeAsync(10);
  arrivals.add("rtcp", 10);
  await vi.advanceTimersByTimeAsync(10);
  expect(isCeased).toBe(false);
  await vi.advanceTimersByTimeAsync(10);
  expect(isCeased).toBe(true);
  expect(arrivals.silentMs(30)).toBe(20);
});

test("waiting for the last packet stops at a time limit", async () => {
  const sending = setInterval(() => arrivals.add("media", Date.now()), 1);
  void watch(100);
  await vi.advanceTimersByTimeAsync(90);
  expect(isCeased).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  expect(isCeased).toBe(true);
  clearInterval(sending);
});
