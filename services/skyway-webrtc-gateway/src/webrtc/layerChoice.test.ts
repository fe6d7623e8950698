import { expect, it } from "vitest";
import { bestLayer } from "./layerChoice.ts";

it.each([
  [["q", "h", "f"], "f"],
  [["f", "h", "q"], "f"],
  [["h", "m", "l"], "h"],
  [["low", "mid", "high"], "high"],
  [["hi", "mid", "lo"], "hi"],
  [["r0", "r1", "r2"], "r2"],
  [["1", "2", "3"], "3"],
  [["q", "h"], "h"],
  [[], undefined],
])("the best layer of %j is %s", (layers, best) => {
  expect(bestLayer(layers)).toBe(best);
});
