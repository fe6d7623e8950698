import { readUint16 } from "../packet.ts";

/** One packet inside a compound one: `bytes` is a view, header included. */
export interface RtcpPacket {
  type: number;
  /** The five bits after version and padding: a count of reports or sources, or a feedback format. */
  count: number;
  bytes: Buffer;
}

const HEADER_BYTES = 4;

/** Splits a compound packet (RFC 3550, section 6.1); stops at the first packet that does not fit. Never throws. */
export function splitCompound(compound: Buffer): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= compound.length) {
    const first = compound[at] as number;
    const length = (readUint16(compound, at + 2) + 1) * 4;
    if (first >> 6 !== 2 || at + length > compound.length) break;
    packets.push({ type: compound[at + 1] as number, count: first & 0x1f, bytes: compound.subarray(at, at + length) });
    at += length;
  }
  return packets;
}
