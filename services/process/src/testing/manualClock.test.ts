import { expect, test } from "vitest";
import { ManualClock } from "./manualClock.ts";

test("timers run in order of time, each at its own time, and timers that they set run too", () => {
  const clock = new ManualClock(1_000);
  const ran: string[] = [];
  const run = (name: string) => () => void ran.push(`${name} at ${clock.now()}`);
  clock.after(20, run("second"));
  clock.after(10, () => {
    run("first")();
    clock.after(15, run("third"));
  });
  clock.after(31, run("late"));

  clock.advance(30);

  expect(ran).toEqual(["first at 1010", "second at 1020", "third at 1025"]);
  expect(clock.now()).toBe(1_030);
  expect(clock.pending).toBe(1);
});

test("timers of the same time run in the order in which they were set", () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  for (const name of ["a", "b", "c"]) clock.after(5, () => ran.push(name));

  clock.advance(5);

  expect(ran).toEqual(["a", "b", "c"]);
});

test("a cancelled timer does not run", () => {
  const clock = new ManualClock();
  const cancel = clock.after(5, () => expect.fail("it ran"));

  cancel();
  clock.advance(10);

  expect(clock.pending).toBe(0);
});
