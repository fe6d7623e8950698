import { afterEach, expect, test } from "vitest";
import { noteServerTime, serverNow } from "./serverClock.ts";

const HERE = Date.parse("2026-11-23T10:00:00.700Z");
afterEach(() => noteServerTime(new Date(HERE).toUTCString(), HERE));

test("the clock of a server that is minutes ahead is used", () => {
  noteServerTime("Mon, 23 Nov 2026 10:05:00 GMT", HERE);
  expect(serverNow(HERE)).toBe(Date.parse("2026-11-23T10:05:00.000Z"));
});

test.each(["Mon, 23 Nov 2026 10:00:00 GMT", "not a date", null])("a Date header of %s changes nothing", (header) => {
  noteServerTime(header, HERE);
  expect(serverNow(HERE)).toBe(HERE);
});
