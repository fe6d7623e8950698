import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startsH264Picture } from "./h264Frame.ts";
import { keyframeTest } from "./keyframe.ts";

const starts = (codec: string, ...payload: number[]) => {
  const test = keyframeTest(codec);
  if (!test) throw new Error(`${codec} has no keyframes`);
  // Surrounded by other bytes, so that reads outside the payload are noticed.
  return test(Uint8Array.from([0xff, 0xff, ...payload, 0xff, 0xff]), 2, 2 + payload.length);
};

describe("the first packet of a keyframe", () => {
  it("is detected for VP8, with and without the extended descriptor", () => {
    expect(starts("VP8", 0x10, 0x50, 0x09)).toBe(true);
    expect(starts("VP8", 0x10, 0x51, 0x09)).toBe(false); // not a keyframe
    expect(starts("VP8", 0x00, 0x50, 0x09)).toBe(false); // not the start
    expect(starts("VP8", 0x11, 0x50, 0x09)).toBe(false); // second partition
    expect(starts("VP8", 0x90, 0x80, 0x81, 0x02, 0x50)).toBe(true); // 15 bits of picture id
    expect(starts("VP8", 0x90, 0xe0, 0x81, 0x02, 0x11, 0x20, 0x50)).toBe(true); // picture id, TL0PICIDX, TID
    expect(starts("VP8", 0x90, 0x80, 0x81, 0x02)).toBe(false); // ends before the frame begins
  });

  it("is detected for VP9, in flexible and non-flexible mode, with layers", () => {
    expect(starts("VP9", 0x08 | 0x80, 0x91, 0x11, 0x00)).toBe(true);
    expect(starts("VP9", 0x48 | 0x80, 0x91, 0x11, 0x00)).toBe(false); // predicted
    expect(starts("VP9", 0x80, 0x91, 0x11, 0x00)).toBe(false); // not the start
    expect(starts("VP9", 0xa8, 0x91, 0x11, 0x00, 0x00)).toBe(true); // spatial layer 0
    expect(starts("VP9", 0xa8, 0x91, 0x11, 0x02, 0x00)).toBe(false); // spatial layer 1
  });

  it("is detected for H264 by the preceding parameter sets", () => {
    expect(starts("H264", 0x67, 0x42, 0xe0, 0x1f)).toBe(true);
    expect(starts("H264", 0x78, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 0, 2, 0x68, 0xce)).toBe(true); // STAP-A
    expect(starts("H264", 0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 0x42)).toBe(true); // STAP-A, SPS second
    expect(starts("H264", 0x68, 0xce)).toBe(false);
    expect(starts("H264", 0x7c, 0x85, 0x88)).toBe(false); // FU-A of an IDR slice: its SPS came before
    expect(starts("H264", 0x61, 0xe0)).toBe(false);
    expect(startsH264Picture(Uint8Array.from([0x7c, 0x85, 0x88]), 0, 3)).toBe(true);
    expect(startsH264Picture(Uint8Array.from([0x7c, 0x05, 0x88]), 0, 3)).toBe(false);
  });

  it("is detected for AV1 by the start of a coded video sequence", () => {
    expect(starts("AV1", 0x18, 0x0a)).toBe(true);
    expect(starts("AV1", 0x10, 0x32)).toBe(false);
    expect(starts("AV1", 0x98, 0x0a)).toBe(false); // continues an OBU
  });

  it("is detected for H265 by its parameter sets", () => {
    expect(starts("H265", 0x40, 0x01, 0x0c)).toBe(true);
    expect(starts("H265", 0x60, 0x01, 0, 4, 0x40, 0x01)).toBe(true);
    expect(starts("H265", 0x02, 0x01, 0xd0)).toBe(false);
  });

  it("does not exist for audio", () => {
    expect(keyframeTest("opus")).toBeUndefined();
  });

  it("is tested without exceptions for any payload", () => {
    const codecs = fc.constantFrom("VP8", "VP9", "H264", "AV1", "H265");
    fc.assert(
      fc.property(codecs, fc.uint8Array({ maxLength: 12 }), fc.nat(12), (codec, bytes, start) => {
        expect(typeof keyframeTest(codec)?.(bytes, Math.min(start, bytes.length), bytes.length)).toBe("boolean");
      }),
      { seed: 5, numRuns: 2_000 },
    );
  });
});
