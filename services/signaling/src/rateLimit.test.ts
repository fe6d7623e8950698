import { expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import { RateLimit } from "./rateLimit.ts";

test("a burst is allowed, the next message is not, and the allowance refills over time", () => {
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

test("a clock that is set back does not change the allowance", () => {
  const limit = new RateLimit(10_000);

  expect(limit.admits(LIMITS.burstBytes, 0)).toBe(true);
  expect(limit.admits(1, 0)).toBe(false);
});
