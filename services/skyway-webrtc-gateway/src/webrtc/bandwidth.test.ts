import { expect, test } from "vitest";
import { Bandwidth } from "./bandwidth.ts";

test("without limits a caller may send more than browsers send by default", () => {
  expect(new Bandwidth().bitsPerSecond(0)).toBe(6_000_000);
});

test("a limit for video adds bandwidth for audio", () => {
  expect(new Bandwidth().bitsPerSecond(500)).toBe(628_000);
});

test("the total limit is shared equally among the current callers", () => {
  const bandwidth = new Bandwidth(3_000);
  const [ada, grace] = [{}, {}];
  bandwidth.join(ada);
  expect(bandwidth.bitsPerSecond(0)).toBe(3_000_000);
  bandwidth.join(grace);
  expect(bandwidth.bitsPerSecond(0)).toBe(1_500_000);
  expect(bandwidth.bitsPerSecond(500)).toBe(628_000);
  bandwidth.leave(ada);
  expect(bandwidth.bitsPerSecond(0)).toBe(3_000_000);
});
