import { describe, expect, it } from "vitest";
import { silenceCodec, silencePieces } from "./silence.ts";

const opus = silenceCodec("opus");
const pcmu = silenceCodec("PCMU");
if (!opus || !pcmu) throw new Error("codecs missing");

describe("the length of an Opus packet", () => {
  const ms = (...bytes: number[]) => opus.duration(Uint8Array.from(bytes), 0, bytes.length) / 48;

  it("is read from its first bytes (RFC 6716, section 3.1)", () => {
    expect(ms(0x78, 0)).toBe(20); // hybrid, 20 ms
    expect(ms(0x08, 0)).toBe(20); // SILK, 20 ms
    expect(ms(0x18, 0)).toBe(60); // SILK, 60 ms
    expect(ms(0xe0, 0)).toBe(2.5); // CELT, 2.5 ms
    expect(ms(0xf9, 0)).toBe(40); // CELT, two frames of 20 ms
    expect(ms(0xfb, 3, 0)).toBe(60); // CELT, three frames
  });

  it("is 0 for an empty or malformed packet", () => {
    expect(ms()).toBe(0);
    expect(ms(0xfb)).toBe(0);
  });
});

describe("silence", () => {
  it("has the declared length", () => {
    for (const { duration, payload } of [opus.long, opus.short]) {
      expect(opus.duration(payload, 0, payload.length)).toBe(duration);
    }
  });

  it("fills a gap without overlap, long pieces first", () => {
    const pieces = silencePieces(opus, 5_010 * 48, 48_000);
    let end = 0;
    for (const { at, payload } of pieces) {
      expect(at).toBe(end);
      end = at + opus.duration(payload, 0, payload.length);
    }
    expect(end / 48).toBe(5_000);
    expect(pieces.length).toBe(41 + 4);
  });

  it("does not fill a gap of one lost packet, or one of days", () => {
    expect(silencePieces(opus, 20 * 48, 48_000)).toEqual([]);
    expect(silencePieces(opus, 86_400_000 * 48, 48_000)).toEqual([]);
  });

  it("is also known for G.711, and for no other codec", () => {
    expect(silencePieces(pcmu, 40 * 8, 8_000).map(({ payload }) => payload.length)).toEqual([160, 160]);
    expect(silenceCodec("G722")).toBeUndefined();
  });
});
