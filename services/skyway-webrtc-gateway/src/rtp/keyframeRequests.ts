/** When to ask for a keyframe: at once when one is wanted, then again, ever more slowly, until one comes. */

const FIRST_INTERVAL_MS = 300;
const MAX_INTERVAL_MS = 2_000;
/** A keyframe takes a round trip and the time to encode and send it. */
const INTERVAL_IN_ROUND_TRIPS = 2;

export class KeyframeRequests {
  #wanted = false;
  #asked = 0;
  #askedMs = Number.NEGATIVE_INFINITY;

  /** How often was asked since the last keyframe, or since whoever is asked came back. */
  get inVain(): number {
    return this.#asked;
  }

  want(): void {
    this.#wanted = true;
  }

  /** Whoever is asked now was not there before: what it did not hear does not count. */
  wantOfOneWhoIsBack(): void {
    this.#wanted = true;
    this.#asked = 0;
    this.#askedMs = Number.NEGATIVE_INFINITY;
  }

  /** A keyframe has begun to arrive. */
  satisfy(): void {
    this.#wanted = false;
    this.#asked = 0;
  }

  /** True if a request should go out now; it then counts as sent. */
  due(nowMs: number, roundTripMs: number): boolean {
    if (!this.#wanted) return false;
    const backOff = Math.min(MAX_INTERVAL_MS, FIRST_INTERVAL_MS * 2 ** Math.max(0, this.#asked - 1));
    if (nowMs - this.#askedMs < Math.max(backOff, roundTripMs * INTERVAL_IN_ROUND_TRIPS)) return false;
    this.#asked++;
    this.#askedMs = nowMs;
    return true;
  }
}
