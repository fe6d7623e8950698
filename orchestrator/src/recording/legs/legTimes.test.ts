import { expect, test } from "vitest";
import { boundedSeconds, notBeforeRinging } from "./legTimes.ts";

const RANG_MS = Date.parse("2026-01-01T10:00:00Z");
const leg = { ringingAt: "2026-01-01T10:00:00.000Z", endedAt: "2026-01-01T10:01:00.000Z" };

test("media does not begin before its leg rang", () => {
  expect(notBeforeRinging(Date.parse("1940-01-01"), leg)).toBe(RANG_MS);
  expect(notBeforeRinging(RANG_MS + 0.25, leg)).toBe(RANG_MS + 0.25);
});

test("a recording is no longer than its leg", () => {
  expect(boundedSeconds({ durationSeconds: 2.7e9 }, leg, RANG_MS + 2_000)).toBe(59);
  expect(boundedSeconds({ durationSeconds: 57.5 }, leg, RANG_MS + 2_000)).toBe(57.5);
  expect(boundedSeconds({ durationSeconds: 5 }, leg, RANG_MS + 120_000)).toBe(0);
});
