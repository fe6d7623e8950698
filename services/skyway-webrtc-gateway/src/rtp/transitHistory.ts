/** Length of one interval of which the least transit is kept. */
const INTERVAL_MS = 500;
/** Intervals that are kept: ten seconds of packets. */
const INTERVALS = 20;
/** Intervals that count as recent: the current one and the one before it. */
const RECENT = 2;

/** The least transit of a track's packets in each half second of the last ten. Transit: arrival minus timestamp. */
export class TransitHistory {
  /** The newest first. */
  #least: number[] = [];
  #intervalEndMs = 0;

  observe(transitMs: number, nowMs: number): void {
    if (nowMs >= this.#intervalEndMs) {
      this.#least.unshift(transitMs);
      if (this.#least.length > INTERVALS) this.#least.pop();
      this.#intervalEndMs = nowMs + INTERVAL_MS;
    } else if (transitMs < (this.#least[0] as number)) this.#least[0] = transitMs;
  }

  /** The transit without network delay; infinite before the first packet. */
  get leastMs(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const transitMs of this.#least) if (transitMs < least) least = transitMs;
    return least;
  }

  /**
   * How much later packets arrive in the last second than before it, in milliseconds: what a network delays them by, or
   * what the sender's count has lost. 0 while there is nothing to compare with.
   */
  get changeMs(): number {
    if (this.#least.length <= RECENT) return 0;
    return Math.min(...this.#least.slice(0, RECENT)) - Math.min(...this.#least.slice(RECENT));
  }

  /** What was observed before no longer compares with what comes: only this transit is known. */
  restart(leastMs: number): void {
    this.#least = [leastMs];
    this.#intervalEndMs = 0;
  }
}
