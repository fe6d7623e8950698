import { describe, expect, it } from "vitest";
import { emptyHeader, readHeader } from "./packet.ts";
import { withPlainVp9Descriptor } from "./vp9Descriptor.ts";

const HEADER = "80e212340000abcd11111111";
const PICTURE = "82498342";

function plain(packet: string): string | undefined {
  const bytes = Buffer.from(packet, "hex");
  const header = emptyHeader();
  expect(readHeader(bytes, header)).toBe(true);
  return withPlainVp9Descriptor(bytes, header)?.toString("hex");
}

describe("a VP9 packet with a plain descriptor", () => {
  it.each([
    ["has one already", "08", "08"],
    ["has a short picture id", "8c05", "0c"],
    ["has a long picture id, as Chromium sends them", "cc8123", "4c"],
    ["has layers, and TL0PICIDX", "e8812300ff", "48"],
    ["has layers in flexible mode", "b8812310", "08"],
    ["refers to one picture in flexible mode", "d8812302", "48"],
    ["refers to three pictures in flexible mode", "dc8123030506", "4c"],
    ["contains the sizes of two layers", "8a8123300140 00f002800 1e0".replaceAll(" ", ""), "08"],
    ["contains a pattern of references", "8a8123080304080402 03".replaceAll(" ", ""), "08"],
  ])("keeps its picture data when it %s", (_, descriptor, expected) => {
    expect(plain(`${HEADER}${descriptor}${PICTURE}`)).toBe(`${HEADER}${expected}${PICTURE}`);
  });

  it("has no extensions and padding", () => {
    const extended = `b0${HEADER.slice(2)}bede000110aa0000`;
    expect(plain(`${extended}8c05${PICTURE}000003`)).toBe(`${HEADER}0c${PICTURE}`);
  });

  it("is undefined when the descriptor is truncated anywhere", () => {
    const whole = "ea812300ff380140 00f002800 1e0030408040203".replaceAll(" ", "");
    for (let length = 2; length <= whole.length; length += 2) {
      expect(plain(`${HEADER}${whole.slice(0, length)}`)).toBeUndefined();
    }
  });
});
