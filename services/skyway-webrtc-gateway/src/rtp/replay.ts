import type { ExtendedTimestamp } from "./arithmetic.ts";

/**
 * The last seconds of what was passed on, as it went out: whoever takes a track over in the middle of a call begins
 * there, before the moment at which the recorder before it was lost.
 *
 * Costs no copies, and at most MAX_REPLAY_BYTES a track: some 4 MB for video at 2.5 Mbit/s.
 */

/** A recorder loses its last second, is missed within another, and needs some more to be replaced. */
const KEPT_MS = 4_000;
/** Of video at the highest rate a minute would fit in so many packets; audio never comes near. */
export const MAX_REPLAY_BYTES = 8 * 1024 * 1024;
/** Where every packet stands alone, they are forgotten so many at a time. */
const PIECE_MS = 500;

/** Packets that can be decoded without those before them: from one keyframe to the next. */
interface Piece {
  fromMs: number;
  packets: Buffer[];
  firstTimestamp: ExtendedTimestamp;
  bytes: number;
}

export interface Replayed {
  packets: readonly Buffer[];
  firstTimestamp: ExtendedTimestamp;
  /** When the first of them was passed on. */
  fromMs: number;
}

export class Replay {
  #pieces: Piece[] = [];
  #bytes = 0;
  /** While nobody takes what is passed on, time makes nothing old. */
  isHeld = false;

  /** When the newest keyframe was passed on; undefined when none is kept. */
  get newestStartMs(): number | undefined {
    return this.#pieces.at(-1)?.fromMs;
  }

  /** @param isStart whether a recording may begin with this packet. */
  remember(packet: Buffer, timestamp: ExtendedTimestamp, isStart: boolean, nowMs: number): void {
    const newest = this.#pieces.at(-1);
    if (isStart && (newest === undefined || nowMs - newest.fromMs >= PIECE_MS)) {
      this.#pieces.push({ fromMs: nowMs, packets: [packet], firstTimestamp: timestamp, bytes: packet.length });
    } else if (newest !== undefined) {
      newest.packets.push(packet);
      newest.bytes += packet.length;
    } else return; // nothing could be made of it
    this.#bytes += packet.length;
    this.#forget(nowMs);
  }

  /** What is kept, from the last start at or before a time on; all of it without one. */
  from(ms = Number.NEGATIVE_INFINITY): Replayed | undefined {
    const at = Math.max(
      0,
      this.#pieces.findLastIndex(({ fromMs }) => fromMs <= ms),
    );
    const pieces = this.#pieces.slice(at);
    const [first] = pieces;
    if (first === undefined) return undefined;
    const { fromMs, firstTimestamp } = first;
    return { packets: pieces.flatMap(({ packets }) => packets), firstTimestamp, fromMs };
  }

  #forget(nowMs: number): void {
    while (this.#pieces[0] !== undefined) {
      const isOld = !this.isHeld && this.#pieces[1] !== undefined && nowMs - this.#pieces[1].fromMs > KEPT_MS;
      if (!isOld && this.#bytes <= MAX_REPLAY_BYTES) return;
      this.#bytes -= this.#pieces[0].bytes;
      this.#pieces.shift();
    }
  }
}
