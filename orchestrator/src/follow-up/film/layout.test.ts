import { expect, test } from "vitest";
import { layOut } from "./layout.ts";

const FORM = { layout: "auto", tileWidth: 640, tileHeight: 360 } as const;
const places = (count: number, layout: "auto" | "row" | "column" = "auto") => {
  const { width, height, tiles } = layOut(count, false, { ...FORM, layout });
  return { size: [width, height], at: tiles.map(({ x, y }) => [x, y]) };
};

test("one tile fills the picture, two are side by side, four form a square", () => {
  expect(places(1)).toEqual({ size: [640, 360], at: [[0, 0]] });
  expect(places(2).size).toEqual([1280, 360]);
  expect(places(4).at).toEqual([
    [0, 0],
    [640, 0],
    [0, 360],
    [640, 360],
  ]);
});

test("a last row that is not full is centred", () => {
  expect(places(3).at).toEqual([
    [0, 0],
    [640, 0],
    [320, 360],
  ]);
});

test("the layouts row and column use one row and one column", () => {
  expect(places(2, "column").size).toEqual([640, 720]);
  expect(places(3, "row").size).toEqual([1920, 360]);
});

test("many tiles are smaller, and all sizes are even numbers", () => {
  const { width, height, tiles, nameHeight } = layOut(9, true, FORM);
  expect(width).toBeLessThanOrEqual(1920);
  expect(height).toBeLessThanOrEqual(1080);
  for (const number of [width, height, nameHeight, ...tiles.flatMap(({ x, y }) => [x, y])]) expect(number % 2).toBe(0);
});
