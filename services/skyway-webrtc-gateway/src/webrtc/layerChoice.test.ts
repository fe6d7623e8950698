import { expect, it } from "vitest";
import { acceptLayers, bestLayer } from "./layerChoice.ts";

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

const URIS = ["mid", "rtp-stream-id", "repaired-rtp-stream-id"].map(
  (name) => `urn:ietf:params:rtp-hdrext:sdes:${name}`,
);
const extensions = new Map(URIS.map((uri, index) => [uri, index + 4]));
const RTX = { rtxPayloadType: 97 };

it("a layer whose name tells that it is the best is accepted alone", () => {
  expect(acceptLayers({ layers: ["q", "h", "f"], extensions }, RTX)).toEqual({
    names: ["f"],
    extensions: URIS.slice(0, 2),
    choice: undefined,
  });
});

it.each([[["0", "1", "2"]], [["2", "1", "0"]], [["large", "medium", "small"]]])("all of %j are accepted", (layers) => {
  expect(acceptLayers({ layers, extensions }, RTX)).toEqual({
    names: layers,
    extensions: URIS,
    choice: { layer: 5, repairedLayer: 6 },
  });
});

it("one layer is accepted if packets would not tell which layer they belong to, and none if there are none", () => {
  const withoutRepaired = new Map([...extensions].slice(0, 2));
  const layers = ["0", "1"];
  expect(acceptLayers({ layers, extensions: withoutRepaired }, RTX).names).toEqual(["1"]);
  expect(acceptLayers({ layers, extensions: withoutRepaired }, { rtxPayloadType: undefined }).names).toEqual(layers);
  expect(acceptLayers({ layers, extensions: new Map() }, RTX).names).toEqual(["1"]);
  expect(acceptLayers({ layers: ["only"], extensions }, RTX)).toMatchObject({ names: ["only"], choice: undefined });
  expect(acceptLayers({ layers: [], extensions }, RTX).names).toEqual([]);
});
