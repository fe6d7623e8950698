import { expect, test } from "vitest";
import { newCallId } from "../../ids.ts";
import { callsToRemove, type StoredCall } from "./callsToRemove.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const DAY_MS = 24 * 60 * 60_000;

/** Calls of one gigabyte each that ended the given number of days ago. */
const aged = (...days: number[]): StoredCall[] =>
  days.map((age) => {
    const ended = new Date(NOW.getTime() - age * DAY_MS);
    return { id: newCallId(ended), bytes: 1e9, endedMs: ended.getTime() };
  });

const chosen = (stored: StoredCall[], days: number, gigabytes: number) =>
  callsToRemove(stored, { days, gigabytes }, NOW).map(
    ({ id, why }) => `${stored.findIndex((one) => one.id === id)} ${why}`,
  );

test("without limits, all calls stay", () => {
  expect(chosen(aged(10_000, 1), 0, 0)).toEqual([]);
});

test("calls older than the limit are removed, oldest first", () => {
  expect(chosen(aged(1, 31, 29.9, 400), 30, 0)).toEqual(["3 age", "1 age"]);
});

test("the oldest calls are removed until the others fit", () => {
  expect(chosen(aged(1, 2, 3, 4), 0, 2)).toEqual(["3 size", "2 size"]);
  expect(chosen(aged(1, 2), 0, 2)).toEqual([]);
});

test("calls removed by age count towards the size limit", () => {
  expect(chosen(aged(1, 2, 40), 30, 2)).toEqual(["2 age"]);
});

test("a protected call stays and counts towards the size; another call is removed", () => {
  const stored = aged(1, 2, 3);
  const [, , oldest] = stored;
  if (oldest) oldest.endedMs = undefined;
  expect(chosen(stored, 1.5, 2)).toEqual(["1 age"]);
  expect(chosen(stored, 0, 1)).toEqual(["1 size", "0 size"]);
});
