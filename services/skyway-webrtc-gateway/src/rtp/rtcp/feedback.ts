import type { ExtendedSequence } from "../arithmetic.ts";
import { readUint16, readUint32, writeUint16, writeUint32 } from "../packet.ts";
import type { RtcpPacket } from "./compound.ts";
import {
  FORMAT_FIR,
  FORMAT_NACK,
  FORMAT_PLI,
  FORMAT_REMB,
  PAYLOAD_FEEDBACK,
  TRANSPORT_FEEDBACK,
  writeRtcpHeader,
} from "./packetTypes.ts";

const HEADER_BYTES = 12;
/** One sequence number and a bitmask of the 16 that follow. */
const NACK_ENTRY_BYTES = 4;
const NACK_ENTRY_SPAN = 16;
/** Keeps a NACK packet below the MTU of any path. */
const MAX_NACK_ENTRIES = 250;

/** Requests packets again (RFC 4585, section 6.2.1). `missing` must be ascending; one buffer per 250 entries. */
export function writeNacks(senderSsrc: number, mediaSsrc: number, missing: readonly ExtendedSequence[]): Buffer[] {
  const entries: number[] = [];
  let first = Number.NEGATIVE_INFINITY;
  for (const sequence of missing) {
    const behind = sequence - first;
    if (behind > NACK_ENTRY_SPAN) {
      first = sequence;
      entries.push(first & 0xffff, 0);
    } else if (behind > 0) {
      entries[entries.length - 1] = (entries.at(-1) as number) | (1 << (behind - 1));
    }
  }
  const packets: Buffer[] = [];
  for (let from = 0; from < entries.length; from += 2 * MAX_NACK_ENTRIES) {
    const chunk = entries.slice(from, from + 2 * MAX_NACK_ENTRIES);
    const bytes = feedback(
      TRANSPORT_FEEDBACK,
      FORMAT_NACK,
      senderSsrc,
      mediaSsrc,
      (chunk.length / 2) * NACK_ENTRY_BYTES,
    );
    chunk.forEach((value, index) => {
      writeUint16(bytes, HEADER_BYTES + index * 2, value);
    });
    packets.push(bytes);
  }
  return packets;
}

/** The sequence numbers that a NACK requests. */
export function readNack({ type, count, bytes }: RtcpPacket): { mediaSsrc: number; sequences: number[] } | undefined {
  if (type !== TRANSPORT_FEEDBACK || count !== FORMAT_NACK || bytes.length < HEADER_BYTES) return undefined;
  const sequences: number[] = [];
  for (let at = HEADER_BYTES; at + NACK_ENTRY_BYTES <= bytes.length; at += NACK_ENTRY_BYTES) {
    const first = readUint16(bytes, at);
    const mask = readUint16(bytes, at + 2);
    sequences.push(first);
    for (let bit = 0; bit < NACK_ENTRY_SPAN; bit++) if (mask & (1 << bit)) sequences.push((first + bit + 1) & 0xffff);
  }
  return { mediaSsrc: readUint32(bytes, 8), sequences };
}

/** Requests a keyframe (RFC 4585, section 6.3.1). */
export function writePli(senderSsrc: number, mediaSsrc: number): Buffer {
  return feedback(PAYLOAD_FEEDBACK, FORMAT_PLI, senderSsrc, mediaSsrc, 0);
}

/**
 * Requests a keyframe from senders that do not support PLI (RFC 5104, section 4.3.1). `command` counts the requests.
 */
export function writeFir(senderSsrc: number, mediaSsrc: number, command: number): Buffer {
  const bytes = feedback(PAYLOAD_FEEDBACK, FORMAT_FIR, senderSsrc, 0, 8);
  writeUint32(bytes, HEADER_BYTES, mediaSsrc);
  bytes[HEADER_BYTES + 4] = command & 0xff;
  return bytes;
}

/** Tells the sender its total bandwidth limit (draft-alvestrand-rmcat-remb-03, section 2.2). */
export function writeRemb(senderSsrc: number, bitsPerSecond: number, ssrcs: readonly number[]): Buffer {
  const bytes = feedback(PAYLOAD_FEEDBACK, FORMAT_REMB, senderSsrc, 0, 8 + ssrcs.length * 4);
  bytes.write("REMB", HEADER_BYTES, "latin1");
  let exponent = 0;
  let mantissa = Math.floor(bitsPerSecond);
  while (mantissa > 0x3ffff) {
    mantissa = Math.floor(mantissa / 2);
    exponent++;
  }
  writeUint32(bytes, HEADER_BYTES + 4, ((ssrcs.length << 24) | (exponent << 18) | mantissa) >>> 0);
  ssrcs.forEach((ssrc, index) => {
    writeUint32(bytes, HEADER_BYTES + 8 + index * 4, ssrc);
  });
  return bytes;
}

function feedback(type: number, format: number, senderSsrc: number, mediaSsrc: number, extraBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + extraBytes);
  writeRtcpHeader(bytes, 0, format, type, bytes.length);
  writeUint32(bytes, 4, senderSsrc);
  writeUint32(bytes, 8, mediaSsrc);
  return bytes;
}
