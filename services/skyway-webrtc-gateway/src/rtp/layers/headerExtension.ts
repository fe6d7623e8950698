import { FIXED_HEADER_BYTES, readUint16 } from "../packet.ts";

const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;
/** Ends one-byte elements (RFC 8285, section 4.2). */
const STOP = 15;

/** The text of a header extension element (RFC 8285); undefined if the packet has none with this id. Never throws. */
export function extensionText(packet: Buffer, id: number): string | undefined {
  const first = packet[0] as number;
  if ((first & 0x10) === 0) return undefined;
  const start = FIXED_HEADER_BYTES + (first & 0x0f) * 4;
  if (start + 4 > packet.length) return undefined;
  const profile = readUint16(packet, start);
  const isShort = profile === ONE_BYTE_PROFILE;
  if (!isShort && (profile & 0xfff0) !== TWO_BYTE_PROFILE) return undefined;
  const end = Math.min(packet.length, start + 4 + readUint16(packet, start + 2) * 4);
  for (let at = start + 4; at + 1 < end; ) {
    const byte = packet[at] as number;
    if (byte === 0) {
      at++; // padding
      continue;
    }
    const element = isShort ? byte >> 4 : byte;
    if (isShort && element === STOP) return undefined;
    const length = isShort ? (byte & 0x0f) + 1 : (packet[at + 1] as number);
    const from = at + (isShort ? 1 : 2);
    if (element === id) return from + length > end ? undefined : packet.toString("latin1", from, from + length);
    at = from + length;
  }
  return undefined;
}
