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

  it("tell which kind has a transport of its own; without a group, the first that is sent is received", () => {
    const kinds = (sdp: string) => describeOffer(sdp).map(({ kind, isApart }) => [kind, isApart ?? false]);
    const alone = [
      ["audio", false],
      ["video", true],
    ];
    expect(kinds(CHROMIUM)).toEqual(alone.map(([kind]) => [kind, false]));
    expect(kinds(CHROMIUM.replace(/a=group:BUNDLE.*\r\n/, ""))).toEqual(alone);
    expect(kinds(CHROMIUM.replace(/a=group:BUNDLE.*\r\n/, "a=group:BUNDLE 0\r\n"))).toEqual(alone);
    const silent = CHROMIUM.replace(/a=group:BUNDLE.*\r\n/, "").replace("a=sendrecv", "a=recvonly");
    expect(kinds(silent)).toEqual([["video", false]]);
  });
});
