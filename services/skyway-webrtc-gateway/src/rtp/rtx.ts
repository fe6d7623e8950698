import { type RtpHeader, readUint16, writeUint16, writeUint32 } from "./packet.ts";

/** The original sequence number, first in the payload. */
const ORIGINAL_SEQUENCE_BYTES = 2;

/**
 * Restores the original packet from a retransmission (RFC 4588, section 4), in the same buffer: the header is moved
 * over the original sequence number. Undefined for padding-only packets, which browsers send to probe for bandwidth.
 */
export function unwrapRtx(
  packet: Buffer,
  header: RtpHeader,
  media: { payloadType: number; ssrc: number },
): Buffer | undefined {
  const { payloadStart, payloadEnd } = header;
  if (payloadEnd - payloadStart < ORIGINAL_SEQUENCE_BYTES) return undefined;
  const sequence = readUint16(packet, payloadStart);
  packet.copyWithin(ORIGINAL_SEQUENCE_BYTES, 0, payloadStart);
  const original = packet.subarray(ORIGINAL_SEQUENCE_BYTES);
  original[1] = (header.marker ? 0x80 : 0) | media.payloadType;
  writeUint16(original, 2, sequence);
  writeUint32(original, 8, media.ssrc);
  return original;
}
