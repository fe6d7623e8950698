import { type RtpHeader, readUint16, writeUint16, writeUint32 } from "./packet.ts";

/** The original sequence number, first in the payload. */
const ORIGINAL_SEQUENCE_BYTES = 2;

/**
 * Turns a retransmission back into the packet it repeats (RFC 4588, section 4), inside its own buffer: the header moves
 * up over the original sequence number. Undefined for packets of padding, which browsers send to probe for bandwidth.
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
