import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pixelCount } from "./pictureSize.ts";

function pixels(codec: string, ...payload: number[]): number | undefined {
  return pixelCount(codec)?.(Uint8Array.from([0xff, ...payload, 0xff]), 1, 1 + payload.length);
}
/** By ffmpeg and x264. */
const SPS_320X240 = [0x67, 0x42, 0xc0, 0x0d, 0xda, 0x05, 0x07, 0xe8, 0x40, 0x00];
/** Constrained Baseline as libwebrtc sends it, 640 × 480 (40 × 30 macroblocks). */
const SPS_640X480 = [0x67, 0x42, 0xe0, 0x1f, 0xda, 0x02, 0x80, 0xf6, 0x80];

describe("the picture size", () => {
  it("is read from a VP8 keyframe, with and without the extended descriptor", () => {
    const frame = [0x50, 0x09, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];
    expect(pixels("VP8", 0x10, ...frame)).toBe(1280 * 720);
    expect(pixels("VP8", 0x90, 0x80, 0x81, 0x02, ...frame)).toBe(1280 * 720);
    expect(pixels("VP8", 0x10, ...frame.slice(0, -1))).toBe(0);
  });

  it("is read from an H264 sequence parameter set, single and aggregated", () => {
    expect(pixels("H264", ...SPS_320X240)).toBe(320 * 240);
    expect(pixels("H264", ...SPS_640X480)).toBe(640 * 480);
    expect(pixels("H264", 0x78, 0, 2, 0x09, 0x10, 0, SPS_640X480.length, ...SPS_640X480)).toBe(640 * 480);
    expect(pixels("H264", ...SPS_640X480.slice(0, 5))).toBe(0);
    expect(pixels("H264", 0x65, 0x88)).toBe(0);
  });

  it("is read from a VP9 keyframe, behind any descriptor", () => {
    // 1280x720, profile 0
    const frame = [0x82, 0x49, 0x83, 0x42, 0x00, 0x4f, 0xf0, 0x2c, 0xf0];
    expect(pixels("VP9", 0x8c, 0x81, 0x23, ...frame)).toBe(1280 * 720);
    expect(pixels("VP9", 0x08, ...frame)).toBe(1280 * 720);
    expect(pixels("VP9", 0x08, ...frame.slice(0, 6))).toBe(0);
    expect(pixels("VP9", 0x08, 0x86, 0x00, 0x40)).toBe(0);
  });

  it("is not read for other codecs", () => {
    expect(pixelCount("AV1")).toBeUndefined();
  });

  it("is read without exceptions from any payload", () => {
    const codecs = fc.constantFrom("VP8", "VP9", "H264");
    fc.assert(
      fc.property(codecs, fc.uint8Array({ maxLength: 40 }), fc.nat(40), (codec, bytes, start) => {
        expect(pixelCount(codec)?.(bytes, Math.min(start, bytes.length), bytes.length)).toBeGreaterThanOrEqual(0);
      }),
      { seed: 5, numRuns: 2_000 },
    );
  });
});
