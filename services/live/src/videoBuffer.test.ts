import { expect, test } from "vitest";
import { VideoBuffer } from "./videoBuffer.ts";

const SIZE = { width: 4, height: 4 };
const frame = (ms: number) => ({ ms, data: Buffer.alloc(24, ms) });
const shade = (buffer: VideoBuffer, unixMs: number, tile = SIZE) => buffer.at(unixMs, tile)?.data[0];

test("the newest picture that is due is shown", () => {
  const buffer = new VideoBuffer(SIZE);
  for (const ms of [10, 20, 30]) buffer.put(frame(ms));
  expect([5, 10, 29, 30, 60].map((ms) => shade(buffer, ms))).toEqual([undefined, 10, 20, 30, 30]);
});

test("a camera that is off shows nothing until it sends again", () => {
  const buffer = new VideoBuffer(SIZE);
  buffer.put(frame(100));
  expect([shade(buffer, 3_000), shade(buffer, 3_200)]).toEqual([100, undefined]);
  buffer.put(frame(200));
  expect(shade(buffer, 3_201)).toBe(undefined);
  buffer.put({ ms: 3_210, data: Buffer.alloc(24, 7) });
  expect(shade(buffer, 3_220)).toBe(7);
});

test("a picture has the size of its tile", () => {
  const buffer = new VideoBuffer(SIZE);
  buffer.put(frame(10));
  expect(buffer.at(10, { width: 8, height: 8 })).toMatchObject({ width: 8, height: 8 });
  expect(buffer.at(10, SIZE)).toMatchObject(SIZE);
});
