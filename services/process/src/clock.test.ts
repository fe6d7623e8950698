import { expect, test } from "vitest";
import { monotonicClock, wallClock } from "./clock.ts";
import { waitFor } from "./testing/waitFor.ts";

test("the wall clock shows milliseconds since the epoch, the monotonic one since the process started", () => {
  expect(Math.abs(wallClock.now() - Date.now())).toBeLessThan(1_000);
  expect(Math.abs(monotonicClock.now() - performance.now())).toBeLessThan(1_000);
});

test.each([
  ["wall", wallClock],
  ["monotonic", monotonicClock],
])("a timer of the %s clock runs once, unless it is cancelled", async (_, clock) => {
  const ran: string[] = [];
  clock.after(5, () => ran.push("cancelled"))();
  clock.after(10, () => ran.push("kept"));

  await waitFor("the timer has run", () => ran.length > 0);

  expect(ran).toEqual(["kept"]);
});
