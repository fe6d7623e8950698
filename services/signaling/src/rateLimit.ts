import { LIMITS } from "./limits.ts";

/** Token bucket. */
class Bucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #level: number;
  #at: number;

  constructor(capacity: number, perSecond: number, nowMs: number) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#level = capacity;
    this.#at = nowMs;
  }

  take(amount: number, nowMs: number): boolean {
    const earned = (Math.max(0, nowMs - this.#at) / 1000) * this.#perSecond;
    this.#level = Math.min(this.#capacity, this.#level + earned);
    this.#at = nowMs;
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }
}

/** Limits what one client may send, in messages and in bytes. */
export class RateLimit {
  readonly #messages: Bucket;
  readonly #bytes: Bucket;

  constructor(nowMs: number) {
    this.#messages = new Bucket(LIMITS.burstMessages, LIMITS.messagesPerSecond, nowMs);
    this.#bytes = new Bucket(LIMITS.burstBytes, LIMITS.bytesPerSecond, nowMs);
  }

  admits(bytes: number, nowMs: number): boolean {
    return this.#messages.take(1, nowMs) && this.#bytes.take(bytes, nowMs);
  }
}
