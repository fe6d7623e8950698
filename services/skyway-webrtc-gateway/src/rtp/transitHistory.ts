/** Length of one interval of which the least transit is kept. */
const INTERVAL_MS = 500;
/** Intervals that are kept: ten seconds. */
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

  /**
   * How much later packets arrive in the last second than before it, in milliseconds: what a network delays them by, or
   * what the sender's count has lost. 0 while there is nothing to compare with.
   */
  get changeMs(): number {
    if (this.#least.length <= RECENT) return 0;
    return Math.min(...this.#least.slice(0, RECENT)) - Math.min(...this.#least.slice(RECENT));
  }

  /** Timestamps have another offset from now on: what was observed before does not compare with it. */
  clear(): void {
    this.#least = [];
    this.#intervalEndMs = 0;
  }
}
