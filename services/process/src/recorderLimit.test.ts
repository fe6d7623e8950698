import { expect, test } from "vitest";
import { defaultRecorderLimit } from "./recorderLimit.ts";

const GIBIBYTE = 1024 ** 3;

test.each([
  [1, 4, 20],
  [2, 4, 40],
  [2, 1, 32],
  [8, 16, 160],
  [96, 256, 1_000],
  [1, 0.01, 1],
])("with %i cores and %f GiB of memory, %i legs are recorded at the same time", (cores, gibibytes, limit) => {
  expect(defaultRecorderLimit(cores, gibibytes * GIBIBYTE)).toBe(limit);
});
