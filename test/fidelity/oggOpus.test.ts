import { expect, test } from "vitest";
import { opusPackets } from "../rtp/frames.ts";
import { oggOpusFile, samplesOf } from "./oggOpus.ts";

test("packets are read as they were written, including packets that fill a segment", () => {
  const packets = [1, 254, 255, 256, 510, 1_000].map((size) => Buffer.alloc(size, size));
  expect(opusPackets(oggOpusFile(packets, [0, 960, 1920, 2880, 3840, 4800]))).toEqual(packets);
});

test("a packet's first byte gives its duration (RFC 6716, table 2)", () => {
  expect(samplesOf(Buffer.of(0x78))).toBe(960); // hybrid, 20 ms
  expect(samplesOf(Buffer.of(0xf8))).toBe(960); // CELT, 20 ms
  expect(samplesOf(Buffer.of(0xe0))).toBe(120); // CELT, 2.5 ms
  expect(samplesOf(Buffer.of(0x18))).toBe(2_880); // SILK, 60 ms
  expect(samplesOf(Buffer.of(0xf9))).toBe(1_920); // two of 20 ms
  expect(samplesOf(Buffer.of(0xfb, 0x03))).toBe(2_880); // three of 20 ms
});
