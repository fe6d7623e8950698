import { expect, test } from "vitest";
import { decodedSize, seats } from "./seats.ts";

const WHOLE = { width: 1280, height: 720 };
const counts = Array.from({ length: 9 }, (_, index) => index + 1);

test("alone all over, two side by side", () => {
  expect(seats(0, WHOLE)).toEqual([]);
  expect(seats(1, WHOLE)).toEqual([{ x: 0, y: 0, ...WHOLE }]);
  expect(seats(2, WHOLE)).toEqual([
    { x: 0, y: 180, ...decodedSize(WHOLE) },
    { x: 640, y: 180, ...decodedSize(WHOLE) },
  ]);
});

test.each(counts)("%i seats lie within the whole, on even pixels, and none on another", (count) => {
  const all = seats(count, WHOLE);
  expect(all).toHaveLength(count);
  for (const { x, y, width, height } of all) {
    expect([x, y, width, height].every((pixels) => pixels >= 0 && pixels % 2 === 0)).toBe(true);
    expect(x + width <= WHOLE.width && y + height <= WHOLE.height).toBe(true);
    expect(width / height).toBeCloseTo(WHOLE.width / WHOLE.height, 1);
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

test("who comes after the ninth has no seat", () => expect(seats(12, WHOLE)).toHaveLength(9));
