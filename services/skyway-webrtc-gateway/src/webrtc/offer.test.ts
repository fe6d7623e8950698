import { describe, expect, it } from "vitest";
import { parseOffer } from "./offer.ts";
import { CHROMIUM, CHROMIUM_RECEIVE_ONLY, CHROMIUM_SIMULCAST, CHROMIUM_WITH_DATA, FIREFOX } from "./offers.fixture.ts";

const media = (sdp: string, type: string) => {
  const found = parseOffer(sdp).media.find((one) => one.type === type);
  if (!found) throw new Error(`no ${type}`);
  return found;
};

describe("reading an offer", () => {
  it("finds the media codecs, in the offerer's order, with their retransmissions", () => {
    const video = media(CHROMIUM, "video");
    expect(video.codecs[0]).toMatchObject({ codec: "VP8", payloadType: 96, samplingRate: 90_000, rtxPayloadType: 97 });
    expect(video.codecs.map(({ codec }) => codec)).not.toContain("red");
    expect(video.codecs.map(({ codec }) => codec)).not.toContain("rtx");
    expect(video.codecs[0]?.feedback).toEqual(["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"]);
    const audio = media(CHROMIUM, "audio");
    expect(audio.codecs.map(({ codec }) => codec)).toEqual(["opus", "G722", "PCMU", "PCMA"]);
    expect(audio.codecs[0]).toMatchObject({
      channels: 2,
      fmtp: "minptime=10;useinbandfec=1",
      rtxPayloadType: undefined,
    });
  });

  it("finds Firefox's VP8 under 120 and Opus under 109", () => {
    expect(media(FIREFOX, "video").codecs[0]).toMatchObject({ codec: "VP8", payloadType: 120, rtxPayloadType: 124 });
    expect(media(FIREFOX, "audio").codecs[0]).toMatchObject({ codec: "opus", payloadType: 109, channels: 2 });
  });

  it("finds the original source of each retransmission source", () => {
    expect([...media(CHROMIUM, "video").repeatedSources]).toEqual([[2_248_948_967, 334_170_189]]);
  });

  it("finds the transport at session level and at media level", () => {
    const { transport, bundle } = parseOffer(FIREFOX); // fingerprint at session level
    expect(bundle).toEqual(["0", "1"]);
    expect(transport).toMatchObject({ mid: "0", iceUfrag: "06cdf885", setup: "actpass" });
    expect(transport.fingerprint.hash).toMatch(/^20:9B/);
    expect(parseOffer(CHROMIUM).transport.candidates.length).toBe(2);
  });

  it("detects an offerer that only receives", () => {
    expect(media(CHROMIUM_RECEIVE_ONLY, "video").sends).toBe(false);
    expect(media(CHROMIUM, "video").sends).toBe(true);
  });

  it("finds simulcast layers, and excludes data channels from the media bundle", () => {
    expect(media(CHROMIUM_SIMULCAST, "video").layers).toEqual(["q", "h", "f"]);
    expect(parseOffer(CHROMIUM_WITH_DATA).bundle).toEqual(["0", "1"]);
  });

  it.each([
    ["an empty text", ""],
    ["other text", "hello"],
    ["no media", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"],
    ["1,000 m-lines", CHROMIUM + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(1_000)],
    ["27,000 lines", CHROMIUM + "a=z:1\r\n".repeat(27_000 - CHROMIUM.split("\n").length)],
    ["no ICE credentials", CHROMIUM.replaceAll(/a=ice-.*\r\n/g, "")],
    ["no fingerprint", CHROMIUM.replaceAll(/a=fingerprint.*\r\n/g, "")],
    ["data only", CHROMIUM.replaceAll(/m=(audio|video) \d+/g, "m=application 9")],
    ["an offer that is too long", `v=0\r\n${"a=x\r\n".repeat(100_000)}`],
  ])("refuses %s", (_, sdp) => {
    expect(() => parseOffer(sdp)).toThrow(expect.objectContaining({ code: "INVALID_OFFER" }));
  });
});
