import fc from "fast-check";
import { expect, it } from "vitest";
import { extensionText } from "./headerExtension.ts";

function packet(profile: number, ...elements: number[]): Buffer {
  const words = Math.ceil(elements.length / 4);
  const bytes = Buffer.alloc(16 + words * 4 + 4);
  bytes[0] = 0x90;
  bytes.writeUInt16BE(profile, 12);
  bytes.writeUInt16BE(words, 14);
  bytes.set(elements, 16);
  return bytes;
}

it("an element is read from both forms of the header extension", () => {
  const short = packet(0xbede, 0x30, 0x41, 0, 0x41, 0x68, 0x69); // id 3, padding, id 4
  expect(extensionText(short, 3)).toBe("A");
  expect(extensionText(short, 4)).toBe("hi");
  expect(extensionText(short, 5)).toBeUndefined();
  const long = packet(0x1000, 3, 0, 20, 2, 0x68, 0x69);
  expect(extensionText(long, 20)).toBe("hi");
  expect(extensionText(packet(0xbede, 0xf0, 0x41, 0x40, 0x41), 4)).toBeUndefined(); // ends at 15
  expect(extensionText(packet(0xbede, 0x4f, 0x41), 4)).toBeUndefined(); // cut off
  expect(extensionText(Buffer.alloc(12, 0x80), 4)).toBeUndefined(); // none
});

it("any bytes are read without exceptions", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 40 }), fc.integer({ min: 1, max: 14 }), (bytes, id) => {
      const packet = Buffer.from(bytes);
      packet[0] = 0x90 | ((packet[0] as number) & 0x0f);
      packet.writeUInt16BE(0xbede, 10);
      extensionText(packet, id);
    }),
    { seed: 5, numRuns: 2_000 },
  );
});
