import { expect, test } from "vitest";
import { isCallId, isLegId, isRecorderId, newCallId, newLegId, recorderIdOf, timeOf } from "./ids.ts";

const at = (iso: string) => new Date(iso);

test("ids sort by creation time", () => {
  const times = [
    "2001-09-09T01:46:40.000Z",
    "2026-11-23T00:00:00.000Z",
    "2026-11-23T00:00:00.001Z",
    "2100-01-01T00:00:00.000Z",
  ];
  const ids = times.map((time) => newCallId(at(time)));
  expect(ids.toSorted()).toEqual(ids);
});

test("a call id contains its start time", () => {
  expect(timeOf(newCallId(at("2026-11-23T09:53:13.123Z"))).toISOString()).toBe("2026-11-23T09:53:13.123Z");
});

test("two ids created at the same time differ", () => {
  const now = new Date();
  expect(newLegId(now)).not.toBe(newLegId(now));
});

test("generated ids are accepted as valid", () => {
  const now = new Date();
  expect(isCallId(newCallId(now))).toBe(true);
  expect(isLegId(newLegId(now))).toBe(true);
  expect(isRecorderId(recorderIdOf(newLegId(now), 12))).toBe(true);
});

test.each([
  "",
  "call_",
  "call_../../etc",
  `${newCallId(new Date())}/..`,
  `${newCallId(new Date())}\n`,
  "call_ZZZZZZZZZ0123456789",
])("%j is not a call id", (text) => expect(isCallId(text)).toBe(false));
