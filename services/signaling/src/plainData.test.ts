import { expect, test } from "vitest";
import { isPlainData } from "./plainData.ts";

const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));

test.each([undefined, null, "text", 1, true, [], {}, { call: "c", list: [1, [2]] }, Buffer.from("bytes")])(
  "%j is plain",
  (value) => {
    expect(isPlainData(value)).toBe(true);
  },
);

test("depth is limited, even for extreme nesting", () => {
  expect(isPlainData(nested(32))).toBe(true);
  expect(isPlainData(nested(40))).toBe(false);
  expect(isPlainData(nested(100_000))).toBe(false);
});

test("the number of values is limited", () => {
  expect(isPlainData(Array(9_000).fill(0))).toBe(true);
  expect(isPlainData(Array(11_000).fill(0))).toBe(false);
  expect(isPlainData(Array(200).fill(Array(200).fill(0)))).toBe(false);
});

test("functions are refused: socket.io passes one if an acknowledgement is requested", () => {
  expect(isPlainData(() => {})).toBe(false);
});
