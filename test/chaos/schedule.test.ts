import { expect, test } from "vitest";
import { ROUND, type Strike, strikes, VICTIMS } from "./schedule.ts";

function roundOf(seed: number): Strike[] {
  const sequence = strikes(seed);
  return Array.from({ length: ROUND }, () => sequence.next().value);
}

const nameOf = ({ blows }: Strike) =>
  blows
    .map(({ victim, how }) => `${victim} ${how}`)
    .sort()
    .join(" and ");

test("in a round, every part is killed and frozen once alone, and once with every other part", () => {
  const parts = VICTIMS.length;
  const names = new Set(roundOf(1).map(nameOf));

  expect(names.size).toBe(ROUND);
  expect(ROUND).toBe(2 * parts + 2 * parts * (parts - 1));
  expect(names).toContain("orchestrator frozen and skyway-webrtc-gateway killed");
  for (const { blows } of roundOf(1)) expect(new Set(blows.map(({ victim }) => victim)).size).toBe(blows.length);
});

test("the same seed gives the same strikes, and another one others", () => {
  expect(roundOf(7)).toEqual(roundOf(7));
  expect(roundOf(7).map(nameOf)).not.toEqual(roundOf(8).map(nameOf));
});

test("a short run has strikes on one and on two parts", () => {
  expect(
    new Set(
      roundOf(3)
        .slice(0, 2)
        .map(({ blows }) => blows.length),
    ),
  ).toEqual(new Set([1, 2]));
});
