import { expect, test } from "vitest";
import { Placement } from "./placement.ts";

const RATE = 48_000;
const FRAME = 960;
const frame = (count = FRAME) => new Float32Array(count).fill(0.5);

test("frames follow each other sample-exactly although their timestamps are rounded", () => {
  const placement = new Placement(RATE);
  const starts = [0.4, 955, 1_935, 2_870].map((at) => placement.place(frame(), at)?.at);
  expect(starts).toEqual([0, 960, 1_920, 2_880]);
});

test("a fast or slow clock is corrected by at most one sample per frame", () => {
  for (const rate of [1.0005, 0.9995]) {
    const placement = new Placement(RATE);
    let end = 0;
    let longest = 0;
    for (let index = 0; index < 3_000; index += 1) {
      const placed = placement.place(frame(), index * FRAME * rate);
      expect(placed?.at).toBe(end);
      end += placed?.samples.length ?? 0;
      longest = Math.max(longest, Math.abs((placed?.samples.length ?? 0) - FRAME));
    }
    expect(Math.abs(end - 3_000 * FRAME * rate)).toBeLessThan(0.005 * RATE);
    expect(longest).toBe(1);
  }
});

test("a gap is kept", () => {
  const placement = new Placement(RATE);
  placement.place(frame(), 0);
  expect(placement.place(frame(), 10_000)).toMatchObject({ at: 10_000 });
});

test("repeated audio is dropped, and the next frame joins exactly", () => {
  const placement = new Placement(RATE);
  placement.place(frame(4 * FRAME), 0);
  placement.beginFile();
  for (const at of [FRAME, 2 * FRAME, 3 * FRAME - 400]) expect(placement.place(frame(), at)).toBe(undefined);
  expect(placement.place(frame(), 4 * FRAME - 400)).toEqual({ samples: frame(FRAME - 400), at: 4 * FRAME });
});
