/**
 * When to request a keyframe: at once when one is needed, then repeatedly with increasing intervals until one arrives.
 */

const FIRST_INTERVAL_MS = 300;
const MAX_INTERVAL_MS = 2_000;
/** A keyframe takes a round trip and the time to encode and send it. */
const INTERVAL_IN_ROUND_TRIPS = 2;

export class KeyframeRequests {
  #wanted = false;
  #requests = 0;
  #requestedMs = Number.NEGATIVE_INFINITY;

  /** Requests sent since the last keyframe, or since the sender came back. */
  get unanswered(): number {
    return this.#requests;
  }

  want(): void {
    this.#wanted = true;
  }

  /** The sender is back after an outage: it did not receive earlier requests, so they do not count. */
  wantAfterOutage(): void {
    this.#wanted = true;
    this.#requests = 0;
    this.#requestedMs = Number.NEGATIVE_INFINITY;
  }

  /** A keyframe started to arrive. */
  satisfy(): void {
    this.#wanted = false;
    this.#requests = 0;
  }

  /** True if a request should be sent now; it then counts as sent. */
  due(nowMs: number, roundTripMs: number): boolean {
    if (!this.#wanted) return false;
    const backOff = Math.min(MAX_INTERVAL_MS, FIRST_INTERVAL_MS * 2 ** Math.max(0, this.#requests - 1));
    if (nowMs - this.#requestedMs < Math.max(backOff, roundTripMs * INTERVAL_IN_ROUND_TRIPS)) return false;
    this.#requests++;
    this.#requestedMs = nowMs;
    return true;
  }
}
