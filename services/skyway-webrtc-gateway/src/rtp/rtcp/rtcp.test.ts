import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeBye } from "./bye.ts";
import { splitCompound } from "./compound.ts";
import { readRoundTrip, writeReferenceTime } from "./extendedReport.ts";
import { readNack, writeFir, writeNacks, writePli, writeRemb } from "./feedback.ts";
import { writeReceiverReport } from "./receiverReport.ts";
import { readSenderReport, rewriteSenderReport, writeSenderReport } from "./senderReport.ts";
import { writeSourceDescription } from "./sourceDescription.ts";

const only = (bytes: Buffer) => {
  const [packet, ...rest] = splitCompound(bytes);
  if (!packet || rest.length > 0) throw new Error("expected one packet");
  return packet;
};

describe("compound packets", () => {
  it("are split as they were assembled", () => {
    const parts = [writeReceiverReport(1, []), writeSourceDescription(1, "recorder"), writePli(1, 2)];
    const packets = splitCompound(Buffer.concat(parts));
    expect(packets.map(({ type, count }) => [type, count])).toEqual([
      [201, 0],
      [202, 1],
      [206, 1],
    ]);
    expect(packets.map(({ bytes }) => bytes)).toEqual(parts);
  });

  it("end at the first invalid length", () => {
    const broken = Buffer.concat([writePli(1, 2), Buffer.from([0x80, 200, 0xff, 0xff, 0, 0, 0, 0])]);
    expect(splitCompound(broken).length).toBe(1);
  });

  it("never make a reader throw, whatever they contain", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(200, 201, 205, 206, 207), (bytes, type) => {
        const buffer = Buffer.from(bytes);
        if (buffer.length >= 4) {
          buffer[0] = 0x80 | ((buffer[0] as number) & 0x1f);
          buffer[1] = type;
          buffer.writeUInt16BE(Math.floor(buffer.length / 4) - 1, 2);
        }
        for (const packet of splitCompound(buffer)) {
          readSenderReport(packet);
          readNack(packet);
          readRoundTrip(packet, 1, 1_760_000_000_000);
        }
      }),
      { seed: 3, numRuns: 2_000 },
    );
  });
});

describe("a sender report", () => {
  it("contains both clocks", () => {
    const bytes = writeSenderReport({ ssrc: 7, ntpMs: 1_760_000_000_123.5, rtpTimestamp: 0xffff_fffe });
    const report = readSenderReport(only(bytes));
    expect(report?.ssrc).toBe(7);
    expect(report?.ntpMs).toBeCloseTo(1_760_000_000_123.5, 2);
    expect(report?.rtpTimestamp).toBe(0xffff_fffe);
    expect(report?.compactNtp).toBe(bytes.readUInt32BE(10));
  });

  it("can be adapted to rewritten packets", () => {
    const bytes = writeSenderReport({ ssrc: 7, ntpMs: 1_000, rtpTimestamp: 5 });
    rewriteSenderReport(bytes, 8, 0xffff_ffff);
    expect(readSenderReport(only(bytes))).toMatchObject({ ssrc: 8, rtpTimestamp: 0xffff_ffff, ntpMs: 1_000 });
  });
});

describe("a NACK", () => {
  it("lists exactly the missing packets, across the wrap of sequence numbers", () => {
    const sorted = fc
      .uniqueArray(fc.integer({ min: 60_000, max: 75_000 }), { maxLength: 400 })
      .map((list) => list.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(sorted, (missing) => {
        const asked = writeNacks(1, 2, missing).flatMap((bytes) => readNack(only(bytes))?.sequences ?? []);
        expect(asked).toEqual(missing.map((sequence) => sequence & 0xffff));
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  it("is split into packets below the MTU, however much is missing", () => {
    const everySeventeenth = Array.from({ length: 1_000 }, (_, index) => 70_000 + index * 17);
    const packets = writeNacks(1, 2, everySeventeenth);
    expect(packets.length).toBe(4);
    for (const packet of packets) expect(packet.length).toBeLessThan(1_200);
  });
});

describe("other feedback", () => {
  it("is written as specified by the RFCs", () => {
    expect(writePli(1, 2).toString("hex")).toBe("81ce00020000000100000002");
    expect(writeFir(1, 2, 3).toString("hex")).toBe("84ce00040000000100000000" + "0000000203000000");
    expect(writeBye(0x1234_5678).toString("hex")).toBe("80c9000112345678" + "81cb000112345678");
  });

  it("encodes a bit rate with 18 bits of precision", () => {
    const remb = writeRemb(1, 6_000_000, [5, 6]);
    expect(remb.subarray(12, 16).toString()).toBe("REMB");
    const value = remb.readUInt32BE(16);
    expect(value >>> 24).toBe(2);
    const bits = (value & 0x3ffff) * 2 ** ((value >>> 18) & 0x3f);
    expect(Math.abs(bits - 6_000_000)).toBeLessThan(32);
    expect([remb.readUInt32BE(20), remb.readUInt32BE(24)]).toEqual([5, 6]);
  });

  it("measures the round trip with the sender's echo of our clock", () => {
    const sentMs = 1_760_000_000_000;
    const reference = writeReferenceTime(99, sentMs);
    const echo = Buffer.alloc(24);
    Buffer.from([0x80, 207, 0, 5]).copy(echo);
    Buffer.from([5, 0, 0, 3]).copy(echo, 8);
    echo.writeUInt32BE(99, 12);
    echo.writeUInt32BE(reference.readUInt32BE(14), 16); // the middle 32 bits
    echo.writeUInt32BE(0.5 * 65_536, 20); // delayed by half a second
    expect(readRoundTrip(only(echo), 99, sentMs + 640)).toBeCloseTo(140, 0);
    expect(readRoundTrip(only(echo), 98, sentMs + 640)).toBeUndefined();
  });
});
