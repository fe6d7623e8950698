import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { expect, test } from "vitest";
import { Deadline } from "./deadline.ts";

test("a new limit replaces the former one, and a cancelled limit never passes", () => {
  const clock = new ManualClock();
  const deadline = new Deadline(clock);
  const passed: string[] = [];
  deadline.set(10, () => passed.push("first"));
  deadline.set(20, () => passed.push("second"));
  clock.advance(20);
  expect(passed).toEqual(["second"]);
  deadline.set(10, () => passed.push("third"));
  deadline.cancel();
  deadline.cancel();
  clock.advance(10);
  expect(passed).toEqual(["second"]);
});
