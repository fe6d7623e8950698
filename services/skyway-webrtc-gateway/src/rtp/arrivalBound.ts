import { type ExtendedTimestamp, timestampAfter } from "./arithmetic.ts";

/**
 * The first packet may be delayed by this much more than later ones. If the delay changes by more, the timeline takes
 * it for a changed count.
 */
export const AHEAD_MS = 2_500;
/** Clocks of senders drift by much less; hostile ones gain no more than this share of the call's length. */
const DRIFT = 1e-3;
/** Sequence numbers are in order here, so timestamps go back by no more than pictures are reordered. */
const BACK_MS = 1_000;

/**
 * Bounds a track's timestamps by the times at which its packets come: whatever a sender writes into them, a recording
 * is at most a few seconds longer than its call.
 */
export class ArrivalBound {
  readonly #clockRate: number;
  #first: ExtendedTimestamp = 0;
  #newest: ExtendedTimestamp = 0;
  #firstMs: number | undefined;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Whether a packet that comes now can have this timestamp. */
  allows(timestamp: ExtendedTimestamp, nowMs: number): boolean {
    if (this.#firstMs === undefined) {
      this.#first = timestamp;
      this.#firstMs = nowMs;
      this.#newest = timestamp;
    }
    const isAllowed = timestamp <= this.latest(nowMs) && timestamp >= this.#newest - (BACK_MS / 1000) * this.#clockRate;
    if (isAllowed && timestamp > this.#newest) this.#newest = timestamp;
    return isAllowed;
  }

  /** The latest timestamp that a packet can have that comes now. */
  latest(nowMs: number): ExtendedTimestamp {
    return timestampAfter(this.#first, this.#elapsedMs(nowMs) * (1 + DRIFT) + AHEAD_MS, this.#clockRate);
  }

  /** The timestamp of a packet by its arrival alone. */
  byArrival(nowMs: number): ExtendedTimestamp {
    return timestampAfter(this.#first, this.#elapsedMs(nowMs), this.#clockRate);
  }

  #elapsedMs(nowMs: number): number {
    return nowMs - (this.#firstMs ?? nowMs);
  }
}
