import { expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import { RateLimit } from "./rateLimit.ts";

test("a burst passes, one more does not, and time earns more", () => {
  const limit = new RateLimit(0);
  for (let number = 0; number < LIMITS.burstMessages; number += 1) expect(limit.admits(1, 0)).toBe(true);

  expect(limit.admits(1, 0)).toBe(false);
  expect(limit.admits(1, 1_000 / LIMITS.messagesPerSecond)).toBe(true);
});

test("bytes are limited too", () => {
  const limit = new RateLimit(0);

  expect(limit.admits(LIMITS.burstBytes, 0)).toBe(true);
  expect(limit.admits(LIMITS.bytesPerSecond, 500)).toBe(false);
  expect(limit.admits(LIMITS.bytesPerSecond, 1_000)).toBe(true);
});

test("a clock that is set back earns nothing and takes nothing", () => {
  const limit = new RateLimit(10_000);

  expect(limit.admits(LIMITS.burstBytes, 0)).toBe(true);
  expect(limit.admits(1, 0)).toBe(false);
});
