import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyHeader, isRtcp, readHeader } from "./packet.ts";
import { rtpPacket } from "./simulatedSender.ts";

const header = emptyHeader();

describe("reading an RTP header", () => {
  it("finds every field", () => {
    const packet = rtpPacket({
      payloadType: 96,
      sequence: 65535,
      timestamp: 0xfedc_ba98,
      ssrc: 0x8765_4321,
      marker: true,
      payload: Buffer.from("payload"),
    });
    expect(readHeader(packet, header)).toBe(true);
    expect(header).toEqual({
      marker: true,
      payloadType: 96,
      sequence: 65535,
      timestamp: 0xfedc_ba98,
      ssrc: 0x8765_4321,
      payloadStart: 12,
      payloadEnd: 19,
    });
  });

  it("skips CSRCs and header extensions, and excludes padding", () => {
    const packet = Buffer.from([
      ...[0xb1, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3], // padding, extension, one CSRC
      ...[9, 9, 9, 9],
      ...[0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0],
      ...[1, 2, 3, 0, 0, 3],
    ]);
    expect(readHeader(packet, header)).toBe(true);
    expect([...packet.subarray(header.payloadStart, header.payloadEnd)]).toEqual([1, 2, 3]);
  });

  it("reads a padding-only packet as one without payload", () => {
    const packet = rtpPacket({
      payloadType: 96,
      sequence: 1,
      timestamp: 1,
      ssrc: 1,
      payload: Buffer.alloc(0),
      padding: 40,
    });
    expect(readHeader(packet, header)).toBe(true);
    expect(header.payloadEnd).toBe(header.payloadStart);
  });

  it.each([
    ["too short", Buffer.alloc(11, 0x80)],
    ["of another version", Buffer.alloc(12, 0x40)],
    ["with more CSRCs than bytes", Buffer.from([0x8f, 96, ...Buffer.alloc(10)])],
    ["with an extension that ends behind it", Buffer.from([0x90, 96, ...Buffer.alloc(10), 0, 0, 0xff, 0xff])],
    ["with an extension cut off", Buffer.from([0x90, 96, ...Buffer.alloc(10), 0, 0])],
    ["with more padding than payload", Buffer.from([0xa0, 96, ...Buffer.alloc(10), 1, 2, 200])],
    ["with padding of no length", Buffer.from([0xa0, 96, ...Buffer.alloc(10), 1, 2, 0])],
  ])("rejects a packet %s", (_, packet) => {
    expect(readHeader(packet, header)).toBe(false);
  });

  it("never throws, and never points outside the packet", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, looksRight) => {
        if (looksRight && bytes.length > 0) bytes[0] = 0x80 | ((bytes[0] as number) & 0x3f);
        if (!readHeader(bytes, header)) return;
        expect(header.payloadStart).toBeGreaterThanOrEqual(12);
        expect(header.payloadEnd).toBeGreaterThanOrEqual(header.payloadStart);
        expect(header.payloadEnd).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it("distinguishes RTCP from RTP", () => {
    expect(isRtcp(Buffer.from([0x80, 200]))).toBe(true);
    expect(isRtcp(Buffer.from([0x81, 206]))).toBe(true);
    expect(isRtcp(Buffer.from([0x80, 0x80 | 96]))).toBe(false);
    expect(isRtcp(Buffer.from([0x80]))).toBe(false);
  });
});
