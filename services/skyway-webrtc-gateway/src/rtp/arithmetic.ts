/**
 * Arithmetic on numbers that wrap around: 16-bit sequence numbers and 32-bit timestamps (RFC 3550, section 5.1).
 * All other code uses extended numbers, which never wrap.
 */

declare const unit: unique symbol;
/** As on the wire: 0 to 65,535. */
export type SequenceNumber = number & { readonly [unit]?: "sequence number" };
/** Sequence number including its cycles; differs from the one on the wire by a multiple of 65,536. */
export type ExtendedSequence = number & { readonly [unit]?: "extended sequence number" };
/** As on the wire: 0 to 4,294,967,295, in units of the codec's clock rate. */
export type RtpTimestamp = number & { readonly [unit]?: "RTP timestamp" };
/** Timestamp including its cycles; differs from the one on the wire by a multiple of 2 ** 32. */
export type ExtendedTimestamp = number & { readonly [unit]?: "extended RTP timestamp" };

const CYCLE = 0x1_0000;

/** Distance from `from` to `to`, in the shorter direction: −32,768 to 32,767. */
export function sequenceDistance(from: SequenceNumber, to: SequenceNumber): number {
  return ((to - from) << 16) >> 16;
}

/** Distance from `from` to `to`, in the shorter direction: −2 ** 31 to 2 ** 31 − 1. */
export function timestampDistance(from: RtpTimestamp, to: RtpTimestamp): number {
  return (to - from) | 0;
}

/** The extended number nearest to `near` whose wire value is `sequence`. */
export function extendSequence(near: ExtendedSequence, sequence: SequenceNumber): ExtendedSequence {
  return near + (((sequence - near) << 16) >> 16);
}

/** The extended timestamp nearest to `near` whose wire value is `timestamp`. */
export function extendTimestamp(near: ExtendedTimestamp, timestamp: RtpTimestamp): ExtendedTimestamp {
  return near + ((timestamp - near) | 0);
}

/**
 * The timestamp `elapsedMs` after `timestamp`, as a start for `extendTimestamp`. Half a cycle of video takes 6.6 hours:
 * after a longer pause the last timestamp alone does not tell the cycle, but the time that has passed does.
 */
export function timestampAfter(timestamp: ExtendedTimestamp, elapsedMs: number, clockRate: number): ExtendedTimestamp {
  return timestamp + Math.round((Math.max(0, elapsedMs) / 1000) * clockRate);
}

/** The first extended number, in cycle one so that earlier packets do not become negative. */
export function firstExtendedSequence(sequence: SequenceNumber): ExtendedSequence {
  return sequence + CYCLE;
}

/** The first extended timestamp: as on the wire. */
export function firstExtendedTimestamp(timestamp: RtpTimestamp): ExtendedTimestamp {
  return timestamp + 0;
}

export function toSequence(extended: ExtendedSequence): SequenceNumber {
  return extended & 0xffff;
}

export function toTimestamp(extended: ExtendedTimestamp): RtpTimestamp {
  return extended >>> 0;
}
