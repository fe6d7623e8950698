import { expect, test } from "vitest";
import { Bandwidth } from "./bandwidth.ts";

test("without limits a caller may send more than browsers do", () => {
  expect(new Bandwidth().bitsPerSecond(0)).toBe(6_000_000);
});

test("a limit for video leaves room for sound", () => {
  expect(new Bandwidth().bitsPerSecond(500)).toBe(628_000);
});

test("the host's limit is shared among those who are there", () => {
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
