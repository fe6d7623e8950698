import { H264_PPS, H264_SPS, type ParameterSets } from "./parameterSets.ts";

const H264_SLICE = 1;
const H264_IDR = 5;
const H264_STAP_A = 24;
const H264_FU_A = 28;
const LAST_SINGLE_UNIT = 23;

/**
 * Whether a recording may start with an H264 frame. A frame is all packets with one timestamp. Encoders put other NAL
 * units before the picture, such as access unit delimiters, SEI and parameter sets, each in a packet of its own or
 * aggregated (RFC 6184, sections 5.6 to 5.8). So all packets of a frame count, not only the first one.
 */
export class H264Frame {
  readonly sets: ParameterSets;
  #beginsIdr = false;
  #beginsIntra = false;
  #hasSequenceSet = false;
  #hasPictureSet = false;
  /** Packets before the next one are lost. */
  #isAfterGap = true;
  /** The first packet of the frame may be lost. */
  #mayLackStart = true;
  /** In how many frames the stream has sent a sequence parameter set. */
  #framesWithSets = 0;

  constructor(sets: ParameterSets) {
    this.sets = sets;
  }

  /** The next packet is the first one of a frame. */
  begin(): void {
    this.#mayLackStart = this.#isAfterGap;
    this.#isAfterGap = false;
    this.#beginsIdr = false;
    this.#beginsIntra = false;
    this.#hasSequenceSet = false;
    this.#hasPictureSet = false;
  }

  /** Packets before the next one are permanently lost. */
  gap(): void {
    this.#isAfterGap = true;
  }

  /** The next packet of the frame, in order. Never throws. */
  take(packet: Uint8Array, start: number, end: number): void {
    if (start >= end) return;
    const type = (packet[start] as number) & 0x1f;
    if (type <= LAST_SINGLE_UNIT) {
      this.#takeUnit(type, packet, start, start + 1, end);
    } else if (type === H264_STAP_A) {
      for (let at = start + 1; at + 2 < end; ) {
        const size = ((packet[at] as number) << 8) | (packet[at + 1] as number);
        const unit = at + 2;
        this.#takeUnit((packet[unit] as number) & 0x1f, packet, unit, unit + 1, Math.min(unit + size, end));
        at = unit + size;
      }
    } else if (type === H264_FU_A && start + 2 < end) {
      const fragment = packet[start + 1] as number;
      const isFirst = (fragment & 0x80) !== 0;
      if (isFirst) this.#takeSlice(fragment & 0x1f, packet[start + 2] as number);
    }
  }

  /**
   * Valid after each packet of the frame. Pictures of the type I count if the sender puts parameter sets before them:
   * encoders with open groups of pictures send no IDR picture after the first one.
   */
  get isKeyframe(): boolean {
    if (!this.sets.areComplete) return false;
    if (this.#hasSequenceSet) return this.#beginsIdr || this.#beginsIntra;
    // The lost packets may have had new sets. The known ones would then decode to a wrong picture.
    if (this.#mayLackStart && this.#framesWithSets > 1) return false;
    return this.#beginsIdr;
  }

  /** The parameter sets that a decoder needs and the frame lacks. */
  get missingSets(): readonly Buffer[] {
    return this.#hasSequenceSet && this.#hasPictureSet ? [] : this.sets.all;
  }

  #takeUnit(type: number, packet: Uint8Array, start: number, body: number, end: number): void {
    if (type === H264_SPS) {
      if (!this.#hasSequenceSet) this.#framesWithSets++;
      this.#hasSequenceSet = true;
      this.sets.remember(packet, start, end);
    } else if (type === H264_PPS) {
      this.#hasPictureSet = true;
      this.sets.remember(packet, start, end);
    } else if (body < end) {
      this.#takeSlice(type, packet[body] as number);
    }
  }

  #takeSlice(type: number, header: number): void {
    if (!beginsPicture(header)) return;
    if (type === H264_IDR) this.#beginsIdr = true;
    else if (type === H264_SLICE && isIntra(header)) this.#beginsIntra = true;
  }
}

/**
 * Whether a packet may begin a keyframe of a stream whose parameter sets are known: it has a sequence parameter set, or
 * the first slice of an IDR picture. Never throws.
 */
export function startsH264Picture(packet: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return false;
  const type = (packet[start] as number) & 0x1f;
  if (type === H264_SPS) return true;
  if (type === H264_IDR) return start + 1 < end && beginsPicture(packet[start + 1] as number);
  if (type === H264_FU_A && start + 2 < end) {
    const fragment = packet[start + 1] as number;
    return (fragment & 0x80) !== 0 && (fragment & 0x1f) === H264_IDR && beginsPicture(packet[start + 2] as number);
  }
  if (type !== H264_STAP_A) return false;
  for (let at = start + 1; at + 3 < end; ) {
    const unit = (packet[at + 2] as number) & 0x1f;
    if (unit === H264_SPS || (unit === H264_IDR && beginsPicture(packet[at + 3] as number))) return true;
    at += 2 + (((packet[at] as number) << 8) | (packet[at + 1] as number));
  }
  return false;
}

/** The slice header begins with the Exp-Golomb number `first_mb_in_slice`, of which 0 is one bit (section 7.3.3). */
function beginsPicture(sliceHeader: number): boolean {
  return (sliceHeader & 0x80) !== 0;
}

/** `slice_type` follows: 2 is 011, and 7 is 0001000. Only for a slice that begins its picture. */
function isIntra(sliceHeader: number): boolean {
  return (sliceHeader & 0xf0) === 0xb0 || sliceHeader === 0x88;
}
