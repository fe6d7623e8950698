/**
 * Spreads bursts. What was held back behind a hole is released at once, and hundreds of packets at once overrun the
 * receiver's socket: Linux gives it 212,992 bytes, and counts some 2,300 for a packet of 1,200.
 *
 * A bucket of tokens: packets pass at once while there are any, wait in line otherwise.
 */

/** Fits in the smallest socket buffer, three times over. */
const BURST_PACKETS = 30;
/** Above what any one track sends in steady state, and slow enough for a receiver that sleeps for 50 ms. */
const PACKETS_PER_MS = 1.2;
/** A longer line than this drains faster, so that no end waits for long. */
const LONG_LINE_PACKETS = 1_500;

export class Pacer {
  readonly #send: (packet: Buffer) => void;
  #line: Buffer[] = [];
  /** Index of the first in line; the array is cut now and then, not at every packet. */
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
    this.#line.push(packet);
  }

  /** Sends what may go by now. */
  drain(nowMs: number): void {
    if (this.length === 0) return;
    this.#fill(nowMs);
    while (this.#tokens >= 1 && this.#head < this.#line.length) {
      this.#tokens--;
      this.#send(this.#line[this.#head++] as Buffer);
    }
    if (this.#head === this.#line.length) {
      this.#line = [];
      this.#head = 0;
    } else if (this.#head > 512) {
      this.#line.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Takes everything out of the line, for someone else to send. */
  take(): Buffer[] {
    const waiting = this.#line.slice(this.#head);
    this.clear();
    return waiting;
  }

  /** Nobody waits for what is in line any more. */
  clear(): void {
    this.#line = [];
    this.#head = 0;
  }

  /** Packets that wait. */
  get length(): number {
    return this.#line.length - this.#head;
  }

  #fill(nowMs: number): void {
    const rate = PACKETS_PER_MS * Math.max(1, this.length / LONG_LINE_PACKETS);
    this.#tokens = Math.min(BURST_PACKETS, this.#tokens + Math.max(0, nowMs - this.#filledMs) * rate);
    this.#filledMs = nowMs;
  }
}
