import { readUint16, readUint32, writeUint32 } from "../packet.ts";
import type { RtcpPacket } from "./compound.ts";
import { EXTENDED_REPORT, writeRtcpHeader } from "./packetTypes.ts";

/**
 * How a receive-only participant measures the round-trip time (RFC 3611, sections 4.4 and 4.5): it sends its clock, and
 * the other side echoes it together with the time between receiving and echoing.
 */
const RECEIVER_REFERENCE_TIME = 4;
const DELAY_SINCE_LAST = 5;
const HEADER_BYTES = 8;
const SUB_BLOCK_BYTES = 12;

export function writeReferenceTime(senderSsrc: number, nowMs: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 12);
  writeRtcpHeader(bytes, 0, 0, EXTENDED_REPORT, bytes.length);
  writeUint32(bytes, 4, senderSsrc);
  bytes[8] = RECEIVER_REFERENCE_TIME;
  bytes[11] = 2; // the block's length in words
  const seconds = Math.floor(nowMs / 1000);
  writeUint32(bytes, 12, seconds);
  writeUint32(bytes, 16, Math.floor((nowMs / 1000 - seconds) * 2 ** 32));
  return bytes;
}

/** Round-trip time in milliseconds from the echo of our own reference time; undefined if there is none. */
export function readRoundTrip({ type, bytes }: RtcpPacket, ourSsrc: number, nowMs: number): number | undefined {
  if (type !== EXTENDED_REPORT) return undefined;
  let at = HEADER_BYTES;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + readUint16(bytes, at + 2) * 4;
    if (end > bytes.length) return undefined;
    if (bytes[at] === DELAY_SINCE_LAST) {
      for (let block = at + 4; block + SUB_BLOCK_BYTES <= end; block += SUB_BLOCK_BYTES) {
        const lastReference = readUint32(bytes, block + 4);
        if (readUint32(bytes, block) !== ourSsrc || lastReference === 0) continue;
        const elapsed = (compact(nowMs) - lastReference - readUint32(bytes, block + 8)) | 0;
        return Math.max(0, (elapsed / 65536) * 1000);
      }
    }
    at = end;
  }
  return undefined;
}

/** 16 bits of seconds, 16 bits of fraction. */
function compact(ms: number): number {
  return Math.floor((ms / 1000) * 65536) % 2 ** 32;
}
