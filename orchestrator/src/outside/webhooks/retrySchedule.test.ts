import { expect, test } from "vitest";
import { GIVE_UP_AFTER_MS, waitMs } from "./retrySchedule.ts";

test("the waits double, up to an hour", () => {
  const waits = [1, 2, 3, 4, 12, 13, 14, 1000].map((attempts) => waitMs({ attempts }, 0.5) / 1000);
  expect(waits).toEqual([1, 2, 4, 8, 2048, 3600, 3600, 3600]);
});

test("the waits have jitter, so that not all receivers are called at once", () => {
  expect(waitMs({ attempts: 1 }, 0)).toBe(900);
  expect(waitMs({ attempts: 1 }, 1)).toBe(1100);
});

test("there are about 35 attempts within 24 hours", () => {
  let [elapsed, attempts] = [0, 0];
  while (elapsed < GIVE_UP_AFTER_MS) elapsed += waitMs({ attempts: ++attempts }, 0.5);
  expect(attempts).toBeGreaterThan(30);
  expect(attempts).toBeLessThan(40);
});

test("a receiver may ask for a longer wait, up to an hour", () => {
  expect(waitMs({ attempts: 1, retryAfterMs: 30_000 }, 0.5)).toBe(30_000);
  expect(waitMs({ attempts: 6, retryAfterMs: 1 }, 0.5)).toBe(32_000);
  expect(waitMs({ attempts: 1, retryAfterMs: 1e9 }, 0.5)).toBe(3_600_000);
});
