import { expect, test } from "vitest";
import { newCallId } from "../../ids.ts";
import { type StoredCall, tooMany } from "./choice.ts";

const NOW = new Date("2026-11-23T12:00:00.000Z");
const DAY_MS = 24 * 60 * 60_000;

/** Calls that ended so many days ago, of one gigabyte each. */
const aged = (...days: number[]): StoredCall[] =>
  days.map((age) => {
    const ended = new Date(NOW.getTime() - age * DAY_MS);
    return { id: newCallId(ended), bytes: 1e9, endedMs: ended.getTime() };
  });

const chosen = (stored: StoredCall[], days: number, gigabytes: number) =>
  tooMany(stored, { days, gigabytes }, NOW).map(({ id, why }) => `${stored.findIndex((one) => one.id === id)} ${why}`);

test("without limits everything stays", () => {
  expect(chosen(aged(10_000, 1), 0, 0)).toEqual([]);
});

test("what is older than so many days goes, the oldest first", () => {
  expect(chosen(aged(1, 31, 29.9, 400), 30, 0)).toEqual(["3 age", "1 age"]);
});

test("the oldest go until the others fit", () => {
  expect(chosen(aged(1, 2, 3, 4), 0, 2)).toEqual(["3 size", "2 size"]);
  expect(chosen(aged(1, 2), 0, 2)).toEqual([]);
});

test("what goes by its age makes room for the others", () => {
  expect(chosen(aged(1, 2, 40), 30, 2)).toEqual(["2 age"]);
});

test("what has to stay stays, takes its room, and another one goes", () => {
  const stored = aged(1, 2, 3);
  const [, , oldest] = stored;
  if (oldest) oldest.endedMs = undefined;
  expect(chosen(stored, 1.5, 2)).toEqual(["1 age"]);
  expect(chosen(stored, 0, 1)).toEqual(["1 size", "0 size"]);
});
