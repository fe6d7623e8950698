import { FIXED_HEADER_BYTES, type RtpHeader } from "./packet.ts";

/**
 * ffmpeg 7.1 reads VP9's payload descriptor as in an early draft (libavformat/rtpdec_vp9.c): it does not know
 * TL0PICIDX, which Chromium sends with every packet, and takes it for picture data. A recorder only needs the first
 * byte of the descriptor: whether the frame is predicted, and where it begins and ends.
 *
 * Budget: 0.5 µs per packet, only the header is copied; measured by `receiver.bench.ts`.
 */

/** RFC 9628, section 4.2. */
const PICTURE_ID = 0x80;
export const PREDICTED = 0x40;
const LAYERS = 0x20;
const FLEXIBLE = 0x10;
export const BEGINS_FRAME = 0x08;
export const ENDS_FRAME = 0x04;
const STRUCTURE = 0x02;
const EXTENDED = 0x80;
const MORE_REFERENCES = 0x01;
const MAX_REFERENCES = 3;

/**
 * The packet with a one-byte descriptor and without header extensions, in the same memory; undefined if the
 * descriptor is longer than the packet.
 */
export function withPlainVp9Descriptor(packet: Buffer, header: RtpHeader): Buffer | undefined {
  const descriptor = packet[header.payloadStart] as number;
  const picture = pictureStart(packet, header.payloadStart);
  if (picture >= header.payloadEnd) return undefined;
  const start = picture - 1 - FIXED_HEADER_BYTES;
  packet.copyWithin(start, 0, FIXED_HEADER_BYTES);
  packet[start] = 0x80; // neither extensions nor sources nor padding
  packet[picture - 1] = descriptor & (PREDICTED | BEGINS_FRAME | ENDS_FRAME);
  return packet.subarray(start, header.payloadEnd);
}

/** Returns an index past the packet's end if the descriptor is truncated: missing bytes count as 0. */
export function pictureStart(packet: Uint8Array, payloadStart: number): number {
  const byte = (index: number) => packet[index] ?? 0;
  const descriptor = byte(payloadStart);
  let at = payloadStart + 1;
  if (descriptor & PICTURE_ID) at += byte(at) & EXTENDED ? 2 : 1;
  if (descriptor & LAYERS) at += descriptor & FLEXIBLE ? 1 : 2;
  if (descriptor & FLEXIBLE && descriptor & PREDICTED) {
    for (let references = 1; references < MAX_REFERENCES && byte(at) & MORE_REFERENCES; references++) at++;
    at++;
  }
  return descriptor & STRUCTURE ? structureEnd(packet, at) : at;
}

/** Section 4.2.1: sizes of the layers, and a pattern of references, each if its bit is set. */
function structureEnd(packet: Uint8Array, from: number): number {
  const structure = packet[from] ?? 0;
  let at = from + 1;
  if (structure & 0x10) at += 4 * ((structure >> 5) + 1);
  if ((structure & 0x08) === 0) return at;
  const pictures = packet[at++] ?? 0;
  for (let picture = 0; picture < pictures; picture++) at += 1 + (((packet[at] ?? 0) >> 2) & 0x03);
  return at;
}
