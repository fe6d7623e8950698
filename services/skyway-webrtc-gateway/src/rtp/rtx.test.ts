import { describe, expect, it } from "vitest";
import { emptyHeader, readHeader } from "./packet.ts";
import { unwrapRtx } from "./rtx.ts";
import { rtpPacket, SimulatedSender, VIDEO } from "./simulatedSender.ts";

const media = { payloadType: VIDEO.payloadType, ssrc: VIDEO.ssrc };

describe("a retransmission", () => {
  it("is restored to the original packet", () => {
    const sender = new SimulatedSender(VIDEO, { sequence: 65535 });
    const [original] = sender.frame(33, 3);
    const repeated = sender.again(65535) as Buffer;
    const header = emptyHeader();
    expect(readHeader(repeated, header)).toBe(true);
    expect(header.payloadType).toBe(97);
    expect(unwrapRtx(repeated, header, media)).toEqual(original);
  });

  it("keeps its header extension", () => {
    const extension = Buffer.from([0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]);
    const plain = rtpPacket({
      payloadType: 97,
      sequence: 9,
      timestamp: 5,
      ssrc: 1,
      payload: Buffer.from([0, 77, 1, 2, 3]),
    });
    const packet = Buffer.concat([plain.subarray(0, 12), extension, plain.subarray(12)]);
    packet[0] = 0x90;
    const header = emptyHeader();
    expect(readHeader(packet, header)).toBe(true);
    const original = unwrapRtx(packet, header, media) as Buffer;
    expect(readHeader(original, header)).toBe(true);
    expect(header.sequence).toBe(77);
    expect([...original.subarray(12, 20)]).toEqual([...extension]);
    expect([...original.subarray(header.payloadStart, header.payloadEnd)]).toEqual([1, 2, 3]);
  });

  it.each([0, 1])("is dropped if it only probes for bandwidth (%i bytes of payload)", (length) => {
    const payload = Buffer.alloc(length);
    const packet = rtpPacket({ payloadType: 97, sequence: 9, timestamp: 5, ssrc: 1, payload, padding: 100 });
    const header = emptyHeader();
    readHeader(packet, header);
    expect(unwrapRtx(packet, header, media)).toBeUndefined();
  });
});
