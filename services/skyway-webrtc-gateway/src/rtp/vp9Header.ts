/**
 * Reads the uncompressed header of VP9 frames (VP9 bitstream specification, section 6.2), and hides frames: a frame of a
 * lower spatial layer is needed to decode the picture, but must not be shown.
 *
 * Budget: 1 µs per frame.
 */

const FRAME_MARKER = 2;
const SYNC_CODE = 0x498342;
const RGB = 7;
const SLOTS = 8;
const REFERENCES = 3;
/** Bits of the values of a segment, and whether a sign follows (section 6.2.11). */
const SEGMENT_FEATURES = [
  [8, true],
  [6, true],
  [2, false],
  [0, false],
] as const;
const SEGMENTS = 8;
/** Tiles are at least 4 and at most 64 superblocks of 64 pixels wide (section 7.2.14). */
const SUPERBLOCK = 64;
const MIN_TILE_SUPERBLOCKS = 4;
const MAX_TILE_SUPERBLOCKS = 64;

/** Knows the widths of the frames that later frames refer to: the length of a header depends on them. */
export class Vp9Headers {
  readonly #widths = new Array<number>(SLOTS).fill(0);
  #bytes: Uint8Array = new Uint8Array(0);
  /** Bits. */
  #at = 0;
  #end = 0;

  /** What was read last. */
  isShown = false;
  isKeyframe = false;
  /** Position of `show_frame`. */
  #showBit = 0;
  /** In bits, without the zeros at the end; 0 if unknown. */
  #length = 0;

  /** Reads the header of the next frame, in the order of decoding. Returns whether it is understood. Never throws. */
  read(bytes: Uint8Array): boolean {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length * 8;
    this.#length = 0;
    this.isShown = true;
    this.isKeyframe = false;
    if (!this.#frame() || this.#at > this.#end) return false;
    this.#length = this.#at;
    return true;
  }

  /**
   * The last frame that was read, with a header that hides it; undefined if the header is not understood. The frame is
   * not changed.
   */
  hidden(frame: Uint8Array): Uint8Array | undefined {
    if (this.#length === 0) return undefined;
    if (!this.isShown) return frame;
    // A frame between two others that is not shown says whether it is an intra frame.
    const added = this.isKeyframe ? 0 : 1;
    const before = Math.ceil(this.#length / 8);
    const after = Math.ceil((this.#length + added) / 8);
    const hidden = new Uint8Array(frame.length + after - before);
    hidden.set(frame.subarray(before), after);
    for (let bit = 0; bit < this.#length; bit++) {
      const to = bit <= this.#showBit + 1 ? bit : bit + added; // error_resilient_mode follows show_frame
      if (bit !== this.#showBit && bitAt(frame, bit) === 1)
        hidden[to >> 3] = (hidden[to >> 3] as number) | (0x80 >> (to & 7));
    }
    return hidden;
  }

  #frame(): boolean {
    if (this.#read(2) !== FRAME_MARKER) return false;
    const profile = this.#read(1) + 2 * this.#read(1);
    if (profile === 3) this.#read(1);
    if (this.#read(1) === 1) return false; // shows an existing frame
    this.isKeyframe = this.#read(1) === 0;
    this.#showBit = this.#at;
    this.isShown = this.#read(1) === 1;
    const isResilient = this.#read(1) === 1;
    if (this.isKeyframe) {
      if (!this.#sync() || !this.#colour(profile)) return false;
      this.#widths.fill(this.#size());
      return this.#rest(isResilient, this.#widths[0] as number);
    }
    const isIntra = !this.isShown && this.#read(1) === 1;
    if (!isResilient) this.#read(2);
    if (isIntra && (!this.#sync() || (profile > 0 && !this.#colour(profile)))) return false;
    const refreshed = this.#read(8);
    const width = isIntra ? this.#size() : this.#referredSize();
    if (width === 0) return false;
    for (let slot = 0; slot < SLOTS; slot++) if ((refreshed >> slot) & 1) this.#widths[slot] = width;
    if (!isIntra) {
      this.#read(1); // precision of vectors
      if (this.#read(1) === 0) this.#read(2); // interpolation
    }
    return this.#rest(isResilient, width);
  }

  #sync(): boolean {
    return this.#read(24) === SYNC_CODE;
  }

  #colour(profile: number): boolean {
    if (profile >= 2) this.#read(1);
    const isRgb = this.#read(3) === RGB;
    if (!isRgb) this.#read(1);
    if (profile % 2 === 1) this.#read(isRgb ? 1 : 3);
    return !isRgb || profile % 2 === 1;
  }

  #size(): number {
    const width = this.#read(16) + 1;
    this.#read(16);
    this.#displaySize();
    return width;
  }

  #displaySize(): void {
    if (this.#read(1) === 1) this.#skip(32);
  }

  #referredSize(): number {
    const slots = [0, 0, 0];
    for (let index = 0; index < REFERENCES; index++) {
      slots[index] = this.#read(3);
      this.#read(1);
    }
    for (const slot of slots) {
      if (this.#read(1) === 0) continue;
      this.#displaySize();
      return this.#widths[slot] as number;
    }
    return this.#size();
  }

  #rest(isResilient: boolean, width: number): boolean {
    if (!isResilient) this.#read(2);
    this.#read(2);
    this.#loopFilter();
    this.#read(8);
    for (let delta = 0; delta < 3; delta++) if (this.#read(1) === 1) this.#read(5);
    this.#segmentation();
    this.#tiles(width);
    return this.#read(16) > 0; // length of the compressed header
  }

  #loopFilter(): void {
    this.#read(9);
    if (this.#read(1) === 0 || this.#read(1) === 0) return;
    for (let delta = 0; delta < 6; delta++) if (this.#read(1) === 1) this.#read(7);
  }

  #segmentation(): void {
    if (this.#read(1) === 0) return;
    if (this.#read(1) === 1) {
      for (let tree = 0; tree < 7; tree++) this.#probability();
      const isTemporal = this.#read(1) === 1;
      if (isTemporal) for (let one = 0; one < 3; one++) this.#probability();
    }
    if (this.#read(1) === 0) return;
    this.#read(1);
    for (let segment = 0; segment < SEGMENTS; segment++) {
      for (const [bits, isSigned] of SEGMENT_FEATURES) {
        if (this.#read(1) === 1) this.#read(bits + (isSigned ? 1 : 0));
      }
    }
  }

  #probability(): void {
    if (this.#read(1) === 1) this.#read(8);
  }

  #tiles(width: number): void {
    const superblocks = Math.ceil(width / SUPERBLOCK);
    let columns = 0;
    while (MAX_TILE_SUPERBLOCKS << columns < superblocks) columns++;
    let most = 1;
    while (superblocks >> most >= MIN_TILE_SUPERBLOCKS) most++;
    most--;
    while (columns < most && this.#read(1) === 1) columns++;
    if (this.#read(1) === 1) this.#read(1);
  }

  #skip(bits: number): void {
    this.#at += bits;
  }

  /** Bits past the end are 0. */
  #read(bits: number): number {
    let value = 0;
    for (let count = 0; count < bits; count++, this.#at++) value = value * 2 + bitAt(this.#bytes, this.#at);
    return value;
  }
}

function bitAt(bytes: Uint8Array, bit: number): number {
  return ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
}
