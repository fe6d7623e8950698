import { describe, expect, it } from "vitest";
import { describeOffer } from "./codecDescription.ts";
import { CHROMIUM, CHROMIUM_RECEIVE_ONLY } from "./offers.fixture.ts";

describe("the codecs of an offer", () => {
  it("are known before the answer", () => {
    expect(
      describeOffer(CHROMIUM).map(({ kind, offered }) => [kind, offered[0]?.codec, offered[0]?.payloadType]),
    ).toEqual([
      ["audio", "opus", 111],
      ["video", "VP8", 96],
    ]);
    expect(describeOffer(CHROMIUM_RECEIVE_ONLY)).toEqual([]);
  });
});
