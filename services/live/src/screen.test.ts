import { expect, test } from "vitest";
import { Screen } from "./screen.ts";

const SIZE = { width: 4, height: 4 };
const frame = (ms: number) => ({ ms, data: Buffer.alloc(24, ms) });
const shade = (screen: Screen, unixMs: number, seat = SIZE) => screen.at(unixMs, seat)?.data[0];

test("the newest picture is shown whose time has come", () => {
  const screen = new Screen(SIZE);
  for (const ms of [10, 20, 30]) screen.put(frame(ms));
  expect([5, 10, 29, 30, 60].map((ms) => shade(screen, ms))).toEqual([undefined, 10, 20, 30, 30]);
});

test("a camera that is off shows nothing, until it is on again", () => {
  const screen = new Screen(SIZE);
  screen.put(frame(100));
  expect([shade(screen, 3_000), shade(screen, 3_200)]).toEqual([100, undefined]);
  screen.put(frame(200));
  expect(shade(screen, 3_201)).toBe(undefined);
  screen.put({ ms: 3_210, data: Buffer.alloc(24, 7) });
  expect(shade(screen, 3_220)).toBe(7);
});

test("a picture is as large as its seat", () => {
  const screen = new Screen(SIZE);
  screen.put(frame(10));
  expect(screen.at(10, { width: 8, height: 8 })).toMatchObject({ width: 8, height: 8 });
  expect(screen.at(10, SIZE)).toMatchObject(SIZE);
});
