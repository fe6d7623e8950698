/**
 * Spreads bursts. Packets held back behind a gap are released all at once, and hundreds of packets at once overflow the
 * receiver's socket buffer: Linux gives it 212,992 bytes, and charges about 2,300 for a packet of 1,200.
 *
 * A token bucket: packets pass at once while there are tokens, otherwise they are queued.
 */

/** A third of the smallest socket buffer. */
const BURST_PACKETS = 30;
/** More than any track sends in steady state, and slow enough for a receiver that sleeps for 50 ms. */
const PACKETS_PER_MS = 1.2;
/** A longer queue drains faster, so that the end of a call is not delayed. */
const LONG_QUEUE_PACKETS = 1_500;

export class Pacer {
  readonly #send: (packet: Buffer) => void;
  #queue: Buffer[] = [];
  /** Index of the first queued packet; the array is only cut from time to time. */
  #head = 0;
  #tokens = BURST_PACKETS;
  #filledMs = 0;

  constructor(send: (packet: Buffer) => void) {
    this.#send = send;
  }

  push(packet: Buffer, nowMs: number): void {
    if (this.length === 0) {
      this.#fill(nowMs);
      if (this.#tokens >= 1) {
        this.#tokens--;
        this.#send(packet);
        return;
      }
    }
    this.#queue.push(packet);
  }

  /** Sends the packets that are due. */
  drain(nowMs: number): void {
    if (this.length === 0) return;
    this.#fill(nowMs);
    while (this.#tokens >= 1 && this.#head < this.#queue.length) {
      this.#tokens--;
      this.#send(this.#queue[this.#head++] as Buffer);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 512) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Removes and returns all queued packets. */
  take(): Buffer[] {
    const waiting = this.#queue.slice(this.#head);
    this.clear();
    return waiting;
  }

  /** Drops all queued packets. */
  clear(): void {
    this.#queue = [];
    this.#head = 0;
  }

  /** Number of queued packets. */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  #fill(nowMs: number): void {
    const rate = PACKETS_PER_MS * Math.max(1, this.length / LONG_QUEUE_PACKETS);
    this.#tokens = Math.min(BURST_PACKETS, this.#tokens + Math.max(0, nowMs - this.#filledMs) * rate);
    this.#filledMs = nowMs;
  }
}
