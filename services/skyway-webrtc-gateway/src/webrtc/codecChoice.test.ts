import { describe, expect, it } from "vitest";
import { chooseCodec } from "./codecChoice.ts";
import { parseOffer } from "./offer.ts";
import { CHROMIUM, SAFARI_LIKE } from "./offers.fixture.ts";

const codecs = (sdp: string, type: string) => parseOffer(sdp).media.find((one) => one.type === type)?.codecs ?? [];
const choose = (...args: Parameters<typeof chooseCodec>) => chooseCodec(...args)?.payloadType;

describe("the codec", () => {
  it("is the offerer's first when nothing is asked for", () => {
    expect(choose(codecs(CHROMIUM, "video"), undefined)).toBe(96);
    expect(choose(codecs(SAFARI_LIKE, "video"), undefined)).toBe(96);
    expect(choose([], undefined)).toBeUndefined();
  });

  it("is found by name in any case", () => {
    expect(choose(codecs(SAFARI_LIKE, "video"), { codec: "vp8" })).toBe(100);
    expect(choose(codecs(CHROMIUM, "audio"), { codec: "OPUS" })).toBe(111);
    expect(choose(codecs(CHROMIUM, "audio"), { codec: "G711" })).toBe(0);
  });

  it("is the one with the payload type that was asked for, among several of that name", () => {
    expect(choose(codecs(CHROMIUM, "video"), { codec: "H264", payloadType: 108 })).toBe(108);
  });

  it("is a H264 that fragments, when the payload type is nobody's", () => {
    expect(choose(codecs(CHROMIUM, "video"), { codec: "H264", payloadType: 1 })).toBe(102);
  });

  it("must be offered", () => {
    const missing = () => chooseCodec(codecs(SAFARI_LIKE, "video"), { codec: "AV1" });
    expect(missing).toThrow(expect.objectContaining({ code: "CODEC_NOT_OFFERED" }));
  });
});
