import { expect, it } from "vitest";
import { WallClock } from "./wallClock.ts";

const T0 = 1_760_000_000_000;

/** One report a second, 20 ms after it was sent; returns what is read. */
function read(clock: WallClock, seconds: number, { stepMs = 0, delayMs = 20, changeMs = 0 } = {}) {
  return clock.read(5_000_000 + seconds * 1_000 + stepMs, T0 + seconds * 1_000 + delayMs, changeMs);
}

it.each([800, -800])("a step of %d ms is found by two reports, and later times are read without it", (stepMs) => {
  const clock = new WallClock();
  for (let second = 0; second < 20; second++) expect(read(clock, second)).toBe(5_000_000 + second * 1_000);
  expect(read(clock, 20, { stepMs })).toBeUndefined();
  for (let second = 21; second < 60; second++) {
    expect(Math.abs((read(clock, second, { stepMs }) ?? 0) - (5_000_000 + second * 1_000))).toBeLessThan(1);
  }
});

it("one report that contradicts arrivals is not used", () => {
  const clock = new WallClock();
  for (let second = 0; second < 20; second++) {
    const stepMs = second === 10 ? 700 : 0;
    expect(read(clock, second, { stepMs })).toBe(stepMs ? undefined : 5_000_000 + second * 1_000);
  }
});

it("reports that contradict arrivals each by another amount are not used", () => {
  const clock = new WallClock();
  read(clock, 0);
  for (let second = 1; second < 20; second++) {
    expect(read(clock, second, { stepMs: (second * 7_919) % 10_007 ** 2 })).toBeUndefined();
  }
});

it("a network that delays packets and reports alike is no step", () => {
  const clock = new WallClock();
  for (let second = 0; second < 40; second++) {
    const delayMs = second < 20 ? 20 : 620;
    const changeMs = second >= 20 && second < 30 ? 600 : 0;
    expect(read(clock, second, { delayMs, changeMs })).toBe(5_000_000 + second * 1_000);
  }
});

it("the network's jitter is no step", () => {
  const clock = new WallClock();
  for (let second = 0; second < 100; second++) {
    expect(read(clock, second, { delayMs: 20 + ((second * 37) % 90) })).toBe(5_000_000 + second * 1_000);
  }
});
