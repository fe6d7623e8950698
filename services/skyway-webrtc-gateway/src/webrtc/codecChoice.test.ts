import { describe, expect, it } from "vitest";
import { chooseCodec } from "./codecChoice.ts";
import { parseOffer } from "./offer.ts";
import { CHROMIUM, SAFARI_LIKE } from "./offers.fixture.ts";

const codecs = (sdp: string, type: string) => parseOffer(sdp).media.find((one) => one.type === type)?.codecs ?? [];
const choose = (...args: Parameters<typeof chooseCodec>) => chooseCodec(...args)?.payloadType;

describe("the codec", () => {
  it("is the offerer's first if none is requested", () => {
    expect(choose(codecs(CHROMIUM, "video"), undefined)).toBe(96);
    expect(choose(codecs(SAFARI_LIKE, "video"), undefined)).toBe(96);
    expect(choose([], undefined)).toBeUndefined();
  });

  it("is found by name in any case", () => {
    expect(choose(codecs(SAFARI_LIKE, "video"), { codec: "vp8" })).toBe(100);
    expect(choose(codecs(CHROMIUM, "audio"), { codec: "OPUS" })).toBe(111);
    expect(choose(codecs(CHROMIUM, "audio"), { codec: "G711" })).toBe(0);
  });

  it("has the requested payload type, among several of the same name", () => {
    expect(choose(codecs(CHROMIUM, "video"), { codec: "H264", payloadType: 108 })).toBe(108);
  });

  it("is H264 with packetization mode 1, if no codec has the requested payload type", () => {
    expect(choose(codecs(CHROMIUM, "video"), { codec: "H264", payloadType: 1 })).toBe(102);
  });

  it("must be in the offer", () => {
    const missing = () => chooseCodec(codecs(SAFARI_LIKE, "video"), { codec: "AV1" });
    expect(missing).toThrow(expect.objectContaining({ code: "CODEC_NOT_OFFERED" }));
  });
});
