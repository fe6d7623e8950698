import { readUint16 } from "../packet.ts";
import { H264_SPS } from "../parameterSets.ts";
import { vp8FrameAt } from "../vp8Descriptor.ts";
import { pictureStart } from "../vp9Descriptor.ts";

/**
 * Pixels of the picture that a keyframe's first packet announces; 0 if the packet does not tell. Never throws.
 *
 * Only for a packet that begins a keyframe.
 */
export type PixelCount = (packet: Uint8Array, payloadStart: number, payloadEnd: number) => number;

/** By the codec's SDP name; undefined for codecs whose picture size is not read. */
export function pixelCount(codec: string): PixelCount | undefined {
  switch (codec.toUpperCase()) {
    case "VP8":
      return vp8Pixels;
    case "VP9":
      return vp9Pixels;
    case "H264":
      return h264Pixels;
    default:
      return undefined;
  }
}

const VP8_SIZE_AT = 6;
const VP8_SIZE_MASK = 0x3fff;

/** RFC 6386, section 9.1: frame tag, start code, then 14 bits each of width and height, the low byte first. */
function vp8Pixels(packet: Uint8Array, start: number, end: number): number {
  const at = vp8FrameAt(packet, start, end) + VP8_SIZE_AT;
  if (at + 4 > end) return 0;
  const little = (from: number) => (((packet[from + 1] as number) << 8) | (packet[from] as number)) & VP8_SIZE_MASK;
  return little(at) * little(at + 2);
}

const VP9_FRAME_MARKER = 2;
const VP9_SYNC_CODE = 0x498342;
const VP9_HEADER_BYTES = 16;
const RGB = 7;

/** VP9 bitstream specification, section 6.2: the uncompressed header of a keyframe. */
function vp9Pixels(packet: Uint8Array, start: number, end: number): number {
  const at = pictureStart(packet, start);
  const bits = new BitReader(packet.subarray(at, Math.min(end, at + VP9_HEADER_BYTES)), false);
  if (bits.read(2) !== VP9_FRAME_MARKER) return 0;
  const profile = bits.read(1) + 2 * bits.read(1);
  if (profile === 3) bits.skip(1);
  bits.skip(4); // shows an existing frame, type, visible, error resilient
  if (bits.read(24) !== VP9_SYNC_CODE) return 0;
  if (profile >= 2) bits.skip(1); // depth
  const isRgb = bits.read(3) === RGB;
  if (!isRgb) bits.skip(1);
  if (profile % 2 === 1) bits.skip(isRgb ? 1 : 3);
  const width = bits.read(16) + 1;
  const height = bits.read(16) + 1;
  return bits.isAtEnd ? 0 : width * height;
}

const H264_STAP_A = 24;
const MAX_SPS_BYTES = 256;

function h264Pixels(packet: Uint8Array, start: number, end: number): number {
  if (start >= end) return 0;
  const type = (packet[start] as number) & 0x1f;
  if (type === H264_SPS) return spsPixels(packet.subarray(start, end));
  if (type !== H264_STAP_A) return 0;
  for (let at = start + 1; at + 2 < end; ) {
    const size = readUint16(packet, at);
    const unit = at + 2;
    if (((packet[unit] as number) & 0x1f) === H264_SPS)
      return spsPixels(packet.subarray(unit, Math.min(unit + size, end)));
    at = unit + size;
  }
  return 0;
}

/** Profiles whose set describes the colour format (ITU-T H.264, section 7.3.2.1.1). */
const WITH_COLOUR_FORMAT = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128]);
const ANY_COLOUR = 3;

/** Macroblocks in pixels, without cropping. 0 if the set has scaling matrices, which few encoders send. */
function spsPixels(unit: Uint8Array): number {
  const bits = new BitReader(unit.subarray(0, MAX_SPS_BYTES), true);
  bits.skip(8);
  const profile = bits.read(8);
  bits.skip(16);
  bits.exponential(); // id
  if (WITH_COLOUR_FORMAT.has(profile)) {
    if (bits.exponential() === ANY_COLOUR) bits.skip(1);
    bits.exponential(); // depth of luma
    bits.exponential(); // depth of chroma
    bits.skip(1);
    if (bits.read(1) === 1) return 0;
  }
  bits.exponential(); // frame numbers
  const orderType = bits.exponential();
  if (orderType === 0) bits.exponential();
  else if (orderType === 1) {
    bits.skip(1);
    bits.exponential();
    bits.exponential();
    const cycle = bits.exponential();
    for (let index = 0; index < cycle && !bits.isAtEnd; index++) bits.exponential();
  }
  bits.exponential(); // reference frames
  bits.skip(1);
  const width = bits.exponential() + 1;
  const height = bits.exponential() + 1;
  const fields = 2 - bits.read(1);
  return bits.isAtEnd ? 0 : width * height * fields * 256;
}

/** Reads bits, of a NAL unit without its emulation prevention bytes (section 7.4.1). */
class BitReader {
  readonly #bytes: number[] = [];
  #at = 0;

  constructor(unit: Uint8Array, isNal: boolean) {
    let zeros = 0;
    for (const byte of unit) {
      if (isNal && zeros >= 2 && byte === 3) zeros = 0;
      else {
        this.#bytes.push(byte);
        zeros = byte === 0 ? zeros + 1 : 0;
      }
    }
  }

  /** Whether more bits were read than there are. */
  get isAtEnd(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  skip(bits: number): void {
    this.#at += bits;
  }

  read(bits: number): number {
    let value = 0;
    for (let count = 0; count < bits; count++, this.#at++) {
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  /** Section 9.1. */
  exponential(): number {
    let zeros = 0;
    while (zeros < 32 && !this.isAtEnd && this.read(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.read(zeros);
  }
}
