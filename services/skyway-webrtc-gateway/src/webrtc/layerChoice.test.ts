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
  [["large", "medium", "small"], "large"],
  [["l", "m", "s"], "l"],
  [["720p", "1080p", "360p"], "1080p"],
  [["layer2", "layer1", "layer0"], "layer2"],
  [[], undefined],
])("the best layer of %j is %s", (layers, best) => {
  expect(bestLayer(layers)).toBe(best);
});

const URIS = ["mid", "rtp-stream-id", "repaired-rtp-stream-id"].map(
  (name) => `urn:ietf:params:rtp-hdrext:sdes:${name}`,
);
const extensions = new Map(URIS.map((uri, index) => [uri, index + 4]));
const RTX = { rtxPayloadType: 97 };

const accept = (layers: string[], isLimited = false) => acceptLayers({ layers, extensions }, RTX, isLimited);

it.each([
  [["q", "h", "f"], ["f"]],
  [
    ["q", "f", "h"],
    ["f", "h"],
  ],
  [
    ["f", "h", "q"],
    ["f", "h", "q"],
  ],
  [["layer0", "layer1", "layer2"], ["layer2"]],
])("of %j, whose names tell which layer is the best, %j are accepted: none before the best", (layers, accepted) => {
  expect(accept(layers).names).toEqual(accepted);
});

it("the best layer is accepted alone if the bandwidth is limited, which senders spend on the smaller ones first", () => {
  const one = { extensions: URIS.slice(0, 2), choice: undefined };
  expect(accept(["f", "h", "q"], true)).toEqual({ ...one, names: ["f"] });
  expect(accept(["0", "1", "2"], true).names).toEqual(["0", "1", "2"]);
  expect(accept(["q", "h", "f"])).toEqual({ ...one, names: ["f"] });
});

it.each([[["0", "1", "2"]], [["2", "1", "0"]], [["large", "medium", "small"]]])("all of %j are accepted", (layers) => {
  expect(accept(layers)).toEqual({
    names: layers,
    extensions: URIS,
    choice: { layer: 5, repairedLayer: 6, count: 3 },
  });
});

it("one layer is accepted if packets would not tell which layer they belong to, and none if there are none", () => {
  const withoutRepaired = new Map([...extensions].slice(0, 2));
  const layers = ["0", "1"];
  expect(acceptLayers({ layers, extensions: withoutRepaired }, RTX, false).names).toEqual(["1"]);
  expect(acceptLayers({ layers, extensions: withoutRepaired }, { rtxPayloadType: undefined }, false).names).toEqual(
    layers,
  );
  expect(acceptLayers({ layers, extensions: new Map() }, RTX, false).names).toEqual(["1"]);
  expect(acceptLayers({ layers: ["only"], extensions }, RTX, false)).toMatchObject({
    names: ["only"],
    choice: undefined,
  });
  expect(acceptLayers({ layers: [], extensions }, RTX, false).names).toEqual([]);
});
