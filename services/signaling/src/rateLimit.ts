/** A call needs some dozens of messages at once, for its candidates, and few afterwards. */
const BURST_MESSAGES = 500;
const MESSAGES_PER_SECOND = 50;

/** A token bucket: says whether one more message is within what a client may send. */
export class RateLimit {
  #tokens = BURST_MESSAGES;
  #at: number;

  constructor(nowMs: number) {
    this.#at = nowMs;
  }

  admits(nowMs: number): boolean {
    const earned = ((nowMs - this.#at) / 1000) * MESSAGES_PER_SECOND;
    this.#tokens = Math.min(BURST_MESSAGES, this.#tokens + earned);
    this.#at = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
