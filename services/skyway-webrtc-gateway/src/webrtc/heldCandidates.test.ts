import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HeldCandidates, HOLD_MS } from "./heldCandidates.ts";

let added: string[];
let held: HeldCandidates;

beforeEach(() => {
  vi.useFakeTimers();
  added = [];
  held = new HeldCandidates((candidate) => added.push(candidate));
});
afterEach(() => vi.useRealTimers());

test("candidates of a peer that has answered are used at once", () => {
  held.add("a");
  expect(added).toEqual(["a"]);
});

test("candidates of a caller are held until it must have our answer", () => {
  held.hold();
  held.add("a");
  vi.advanceTimersByTime(HOLD_MS - 1);
  held.add("b");
  expect(added).toEqual([]);
  vi.advanceTimersByTime(1);
  held.add("c");
  expect(added).toEqual(["a", "b", "c"]);
});

test("candidates of a caller are used as soon as it has connected", () => {
  held.hold();
  held.add("a");
  held.release();
  held.release();
  expect(added).toEqual(["a"]);
});

test("the number of held candidates is limited, and those of an ended call are dropped", () => {
  held.hold();
  for (let n = 0; n < 1_000; n++) held.add(`${n}`);
  held.release();
  expect(added).toHaveLength(100);
  held.hold();
  held.add("late");
  held.drop();
  vi.advanceTimersByTime(HOLD_MS);
  expect(added).not.toContain("late");
});
