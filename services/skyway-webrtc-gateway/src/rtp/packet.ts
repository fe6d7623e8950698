import type { RtpTimestamp, SequenceNumber } from "./arithmetic.ts";

/**
 * The header of one packet (RFC 3550, section 5.1). The object is reused for every packet, so that the packet path
 * allocates nothing; to keep a packet, keep its buffer.
 */
export interface RtpHeader {
  marker: boolean;
  payloadType: number;
  sequence: SequenceNumber;
  timestamp: RtpTimestamp;
  ssrc: number;
  /** Where the payload begins, after CSRCs and header extension. */
  payloadStart: number;
  /** Where it ends, before padding. Equal to `payloadStart` if the packet contains only padding. */
  payloadEnd: number;
}

export const FIXED_HEADER_BYTES = 12;
const VERSION = 2;

export function emptyHeader(): RtpHeader {
  return { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0, payloadStart: 0, payloadEnd: 0 };
}

/** Reads a header; false if the packet is not RTP (RFC 3550). Never throws. */
export function readHeader(packet: Uint8Array, header: RtpHeader): boolean {
  const length = packet.length;
  if (length < FIXED_HEADER_BYTES) return false;
  const first = packet[0] as number;
  if (first >> 6 !== VERSION) return false;
  let start = FIXED_HEADER_BYTES + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (start + 4 > length) return false;
    start += 4 + readUint16(packet, start + 2) * 4;
  }
  let end = length;
  if (first & 0x20) {
    const padding = packet[length - 1] as number;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  const second = packet[1] as number;
  header.marker = second >= 0x80;
  header.payloadType = second & 0x7f;
  header.sequence = readUint16(packet, 2);
  header.timestamp = readUint32(packet, 4);
  header.ssrc = readUint32(packet, 8);
  header.payloadStart = start;
  header.payloadEnd = end;
  return true;
}

/** RTP and RTCP share a port; 64 to 95 in the payload type field means RTCP (RFC 5761, section 4). */
export function isRtcp(packet: Uint8Array): boolean {
  const type = packet[1];
  return type !== undefined && (type & 0x7f) >= 64 && (type & 0x7f) <= 95;
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
