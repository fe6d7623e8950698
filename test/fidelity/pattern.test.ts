import * as fc from "fast-check";
import { expect, test } from "vitest";
import { drawFrame, readFrame } from "./pattern.ts";

test("every drawn counter is read correctly", () => {
  void fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), fc.boolean(), (counter, flash) => {
      expect(readFrame(drawFrame(counter, flash))).toEqual({ counter, flash });
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("a band with one inverted cell is not read as another frame", () => {
  const gray = drawFrame(1_234, false);
  for (let row = 0; row < 40; row += 1)
    for (let x = 28 * 5; x < 28 * 6; x += 1) gray[row * 640 + x] = 251 - (gray[row * 640 + x] ?? 0);
  expect(readFrame(gray).counter).toBeUndefined();
});

test("a frame without contrast is not read", () => {
  expect(readFrame(new Uint8Array(640 * 360).fill(128)).counter).toBeUndefined();
});
