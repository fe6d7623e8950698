import { expect, test } from "vitest";
import { decodedSize, tileGrid } from "./tileGrid.ts";

const CANVAS = { width: 1280, height: 720 };
const counts = Array.from({ length: 9 }, (_, index) => index + 1);

test("one tile fills the canvas, two are side by side", () => {
  expect(tileGrid(0, CANVAS)).toEqual([]);
  expect(tileGrid(1, CANVAS)).toEqual([{ x: 0, y: 0, ...CANVAS }]);
  expect(tileGrid(2, CANVAS)).toEqual([
    { x: 0, y: 180, ...decodedSize(CANVAS) },
    { x: 640, y: 180, ...decodedSize(CANVAS) },
  ]);
});

test.each(counts)("%i tiles lie within the canvas, on even pixels, and do not overlap", (count) => {
  const all = tileGrid(count, CANVAS);
  expect(all).toHaveLength(count);
  for (const { x, y, width, height } of all) {
    expect([x, y, width, height].every((pixels) => pixels >= 0 && pixels % 2 === 0)).toBe(true);
    expect(x + width <= CANVAS.width && y + height <= CANVAS.height).toBe(true);
    expect(width / height).toBeCloseTo(CANVAS.width / CANVAS.height, 1);
  }
  const areApart = (one: (typeof all)[number], other: (typeof all)[number]) =>
    one.x + one.width <= other.x ||
    other.x + other.width <= one.x ||
    one.y + one.height <= other.y ||
    other.y + other.height <= one.y;
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(index + 1)) expect(areApart(one, other)).toBe(true);
  }
});

test("there are at most nine tiles", () => expect(tileGrid(12, CANVAS)).toHaveLength(9));
