import { expect, test } from "vitest";
import { background, draw, drawEmpty, type Picture, scaled } from "./picture.ts";

/** A picture with one value per plane. */
function plain(width: number, height: number, [y, u, v]: [number, number, number]): Picture {
  const data = Buffer.concat([
    Buffer.alloc(width * height, y),
    Buffer.alloc((width * height) / 4, u),
    Buffer.alloc((width * height) / 4, v),
  ]);
  return { width, height, data };
}

/** The Y, U and V values of one pixel. */
function at({ width, height, data }: Picture, x: number, y: number): number[] {
  const luma = width * height;
  const color = (y >> 1) * (width >> 1) + (x >> 1);
  return [data[y * width + x], data[luma + color], data[luma + luma / 4 + color]].map(Number);
}

test("a picture is drawn in all three planes of its tile and nowhere else", () => {
  const canvas = background({ width: 32, height: 16 });
  const around = at(canvas, 0, 0);
  draw(canvas, plain(8, 4, [200, 90, 160]), { x: 16, y: 6, width: 8, height: 4 });
  expect([at(canvas, 16, 6), at(canvas, 23, 9)]).toEqual([
    [200, 90, 160],
    [200, 90, 160],
  ]);
  expect([at(canvas, 15, 6), at(canvas, 24, 9), at(canvas, 16, 5), at(canvas, 23, 10)]).toEqual(Array(4).fill(around));
});

test("a picture of another size is scaled to its tile", () => {
  const canvas = background({ width: 32, height: 16 });
  draw(canvas, plain(8, 4, [200, 90, 160]), { x: 0, y: 0, width: 32, height: 16 });
  expect([at(canvas, 0, 0), at(canvas, 31, 15)]).toEqual([
    [200, 90, 160],
    [200, 90, 160],
  ]);
});

test("scaling interpolates between pixels", () => {
  const two = plain(2, 2, [0, 128, 128]);
  two.data.set([0, 100, 0, 100], 0);
  const wide = scaled(two, { width: 4, height: 4 });
  expect([0, 1, 2, 3].map((x) => at(wide, x, 1)[0])).toEqual([0, 25, 75, 100]);
});

test("an empty tile differs from the background", () => {
  const canvas = background({ width: 32, height: 16 });
  drawEmpty(canvas, { x: 8, y: 4, width: 16, height: 8 });
  expect(at(canvas, 8, 4)).not.toEqual(at(canvas, 7, 4));
  expect(at(canvas, 23, 11)).toEqual(at(canvas, 8, 4));
  expect(at(canvas, 24, 11)).toEqual(at(canvas, 7, 4));
});
