/**
 * The H264 parameter sets of one stream: without them, no picture can be decoded. Encoders may send them once, or only
 * in the SDP, while a recording may start at any IDR picture.
 */

export const H264_SPS = 7;
export const H264_PPS = 8;
/** Encoders use one to three of each type. Limits what a sender can make the gateway put before a picture. */
const MAX_SETS = 8;
const MAX_SET_BYTES = 1_024;
/** Header, profile, constraints and level of a sequence parameter set; its id follows (ITU-T H.264, section 7.3.2.1.1). */
const SPS_ID_AT = 4;
/** The id of a picture parameter set follows its header (section 7.3.2.2). */
const PPS_ID_AT = 1;
const MAX_ID_ZERO_BITS = 8;

export class ParameterSets {
  /** By id, the oldest first. */
  readonly #sequence = new Map<number, Buffer>();
  readonly #picture = new Map<number, Buffer>();
  #ordered: readonly Buffer[] | undefined;

  /** @param fmtp the format parameters in the sender's SDP; `sprop-parameter-sets` is read (RFC 6184, section 8.1). */
  constructor(fmtp = "") {
    const described = /(?:^|;)\s*sprop-parameter-sets=([^;\s]*)/i.exec(fmtp)?.[1] ?? "";
    for (const text of described.split(",")) {
      const unit = Buffer.from(text, "base64");
      this.remember(unit, 0, unit.length);
    }
  }

  /** Whether there is a set of each type. */
  get areComplete(): boolean {
    return this.#sequence.size > 0 && this.#picture.size > 0;
  }

  /** The newest set of each id, in the order that a decoder needs. */
  get all(): readonly Buffer[] {
    this.#ordered ??= [...this.#sequence.values(), ...this.#picture.values()];
    return this.#ordered;
  }

  /** Copies a NAL unit if it is a parameter set that is not known yet. Never throws. */
  remember(packet: Uint8Array, start: number, end: number): void {
    if (end <= start || end > packet.length || end - start > MAX_SET_BYTES) return;
    const type = (packet[start] as number) & 0x1f;
    if (type !== H264_SPS && type !== H264_PPS) return;
    const sets = type === H264_SPS ? this.#sequence : this.#picture;
    const id = readId(packet, start + (type === H264_SPS ? SPS_ID_AT : PPS_ID_AT), end);
    if (id === undefined) return;
    const known = sets.get(id);
    if (known !== undefined && isEqual(known, packet, start, end)) return;
    sets.delete(id);
    sets.set(id, Buffer.from(packet.subarray(start, end)));
    if (sets.size > MAX_SETS) sets.delete(sets.keys().next().value as number);
    this.#ordered = undefined;
  }
}

/** An unsigned Exp-Golomb number (ITU-T H.264, section 9.1); undefined if it is cut off or no valid id. */
function readId(bytes: Uint8Array, at: number, end: number): number | undefined {
  const bit = (index: number) => ((bytes[at + (index >> 3)] as number) >> (7 - (index & 7))) & 1;
  const bits = (end - at) * 8;
  let zeros = 0;
  while (zeros < bits && bit(zeros) === 0) zeros++;
  if (zeros > MAX_ID_ZERO_BITS || zeros * 2 >= bits) return undefined;
  let value = 0;
  for (let index = zeros; index <= zeros * 2; index++) value = value * 2 + bit(index);
  return value - 1;
}

function isEqual(known: Uint8Array, packet: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index++) if (known[index] !== packet[start + index]) return false;
  return true;
}
