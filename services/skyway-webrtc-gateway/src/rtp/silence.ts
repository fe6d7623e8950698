import { FIXED_HEADER_BYTES, writeUint16, writeUint32 } from "./packet.ts";

/**
 * Silence for periods in which a sender sent nothing: a removed microphone, or DTX. Players treat audio as continuous
 * and ignore gaps, so audio after a gap would be out of sync with the video.
 */

/** How a codec encodes silence. */
export interface SilenceCodec {
  /** Length of the payload in timestamp units; 0 if unknown. */
  duration(packet: Uint8Array, payloadStart: number, payloadEnd: number): number;
  /** The longest piece of silence in timestamp units, and its payload. */
  readonly long: { duration: number; payload: Uint8Array };
  readonly short: { duration: number; payload: Uint8Array };
}

const UNITS_PER_MS = 48;
/** RFC 6716, table 2: frame length in ms by configuration, in groups of four (SILK), two (hybrid) and four (CELT). */
const SILK_MS = [10, 20, 40, 60];
const HYBRID_MS = [10, 20];
const CELT_MS = [2.5, 5, 10, 20];

const OPUS: SilenceCodec = {
  duration(packet, start, end) {
    if (start >= end) return 0;
    const toc = packet[start] as number;
    const configuration = toc >> 3;
    const frameMs =
      configuration < 12
        ? (SILK_MS[configuration & 3] as number)
        : configuration < 16
          ? (HYBRID_MS[configuration & 1] as number)
          : (CELT_MS[configuration & 3] as number);
    const code = toc & 3;
    const frames = code === 0 ? 1 : code < 3 ? 2 : start + 1 < end ? (packet[start + 1] as number) & 0x3f : 0;
    return frames * frameMs * UNITS_PER_MS;
  },
  // CELT, fullband, 20 ms, two channels; FF FE is a frame of digital silence. Six of them: code 3, constant bit rate.
  long: { duration: 120 * UNITS_PER_MS, payload: Uint8Array.from([0xff, 6, ...Array(6).fill([0xff, 0xfe]).flat()]) },
  short: { duration: 20 * UNITS_PER_MS, payload: Uint8Array.from([0xfc, 0xff, 0xfe]) },
};

/** G.711: one byte per sample, 8 samples per millisecond. */
const g711 = (silence: number): SilenceCodec => ({
  duration: (_, start, end) => end - start,
  long: { duration: 960, payload: new Uint8Array(960).fill(silence) },
  short: { duration: 160, payload: new Uint8Array(160).fill(silence) },
});

const CODECS = new Map([
  ["OPUS", OPUS],
  ["PCMU", g711(0xff)],
  ["PCMA", g711(0xd5)],
]);

/** Undefined for codecs whose silence is not known here. */
export function silenceCodec(codec: string): SilenceCodec | undefined {
  return CODECS.get(codec.toUpperCase());
}

/** Shorter gaps are not filled: the next packet is hardly late. */
const SHORTEST_FILLED_PIECES = 2;
/** A longer silence than this is not filled: two hours. */
const LONGEST_MS = 7_200_000;

/** Packets of silence for a gap of `units`; the remainder is shorter than the shortest piece. */
export function silencePieces(
  codec: SilenceCodec,
  units: number,
  clockRate: number,
): { at: number; payload: Uint8Array }[] {
  if (units < codec.short.duration * SHORTEST_FILLED_PIECES || units > (LONGEST_MS / 1000) * clockRate) return [];
  const pieces: { at: number; payload: Uint8Array }[] = [];
  let at = 0;
  for (const { duration, payload } of [codec.long, codec.short]) {
    for (; at + duration <= units; at += duration) pieces.push({ at, payload });
  }
  return pieces;
}

/** An RTP packet like `model`, without extensions, with another payload. The caller sets the sequence number. */
export function packetLike(model: Uint8Array, payload: Uint8Array, timestamp: number): Buffer {
  const packet = Buffer.alloc(FIXED_HEADER_BYTES + payload.length);
  packet[0] = 0x80;
  packet[1] = (model[1] as number) & 0x7f;
  writeUint16(packet, 2, 0);
  writeUint32(packet, 4, timestamp);
  packet.set(model.subarray(8, 12), 8);
  packet.set(payload, FIXED_HEADER_BYTES);
  return packet;
}
