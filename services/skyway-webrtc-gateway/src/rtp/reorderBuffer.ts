import type { ExtendedSequence } from "./arithmetic.ts";

/** Number of slots, a power of two: four seconds at 1,000 packets/s. */
const CAPACITY = 4096;
const MASK = CAPACITY - 1;

export type Insertion = "accepted" | "duplicate" | "late" | "beyond";

/**
 * Buffers packets until all earlier ones have arrived, and records since when others are missing. A ring of slots:
 * nothing is allocated per packet.
 */
export class ReorderBuffer {
  /** The next one to be released. */
  next: ExtendedSequence;
  /** The newest one received, or one before `next`. */
  highest: ExtendedSequence;
  readonly #packets: (Buffer | undefined)[] = new Array<Buffer | undefined>(CAPACITY).fill(undefined);
  readonly #noticedMs = new Float64Array(CAPACITY);
  readonly #requestedMs = new Float64Array(CAPACITY);
  readonly #requests = new Uint8Array(CAPACITY);
  #held = 0;

  readonly capacity = CAPACITY;

  constructor(next: ExtendedSequence) {
    this.next = next;
    this.highest = next - 1;
  }

  /** `late`: already released or given up. `beyond`: too far ahead; make room with `skipTo` first. */
  insert(sequence: ExtendedSequence, packet: Buffer, nowMs: number): Insertion {
    if (sequence < this.next) return "late";
    if (sequence >= this.next + CAPACITY) return "beyond";
    const slot = sequence & MASK;
    if (sequence > this.highest) {
      for (let missing = this.highest + 1; missing < sequence; missing++) this.#notice(missing & MASK, nowMs);
      this.highest = sequence;
    } else if (this.#packets[slot] !== undefined) {
      return "duplicate";
    }
    this.#packets[slot] = packet;
    this.#held++;
    return "accepted";
  }

  /** Removes and returns the next packet in order, if it has arrived. */
  take(): Buffer | undefined {
    const slot = this.next & MASK;
    const packet = this.#packets[slot];
    if (packet === undefined) return undefined;
    this.#packets[slot] = undefined;
    this.#held--;
    this.next++;
    return packet;
  }

  /** True while a packet is missing before a buffered one. */
  get hasGap(): boolean {
    return this.#held > 0;
  }

  has(sequence: ExtendedSequence): boolean {
    return this.peek(sequence) !== undefined;
  }

  peek(sequence: ExtendedSequence): Buffer | undefined {
    if (sequence < this.next || sequence > this.highest) return undefined;
    return this.#packets[sequence & MASK];
  }

  /** Drops everything before `sequence`; returns how many packets were never received. */
  skipTo(sequence: ExtendedSequence): number {
    let missing = 0;
    const last = Math.min(sequence - 1, this.highest);
    for (; this.next <= last; this.next++) {
      const slot = this.next & MASK;
      if (this.#packets[slot] === undefined) missing++;
      else this.#held--;
      this.#packets[slot] = undefined;
    }
    missing += Math.max(0, sequence - this.next);
    this.next = Math.max(this.next, sequence);
    this.highest = Math.max(this.highest, this.next - 1);
    return missing;
  }

  /** Extends the buffer to before the first packet, to request packets that may have been lost there. */
  extendBackTo(sequence: ExtendedSequence, nowMs: number): void {
    while (this.next > sequence && this.highest - this.next < CAPACITY - 2) {
      this.next--;
      this.#notice(this.next & MASK, nowMs);
    }
  }

  /** When the packet at `next` was first found missing. Only valid while there is a gap. */
  get gapSinceMs(): number {
    return this.#noticedMs[this.next & MASK] as number;
  }

  noticedMs(sequence: ExtendedSequence): number {
    return this.#noticedMs[sequence & MASK] as number;
  }

  /** How often it was requested; 255 means 255 or more. */
  requests(sequence: ExtendedSequence): number {
    return this.#requests[sequence & MASK] as number;
  }

  requestedMs(sequence: ExtendedSequence): number {
    return this.#requestedMs[sequence & MASK] as number;
  }

  countRequest(sequence: ExtendedSequence, nowMs: number): void {
    const slot = sequence & MASK;
    this.#requestedMs[slot] = nowMs;
    this.#requests[slot] = Math.min(255, (this.#requests[slot] as number) + 1);
  }

  #notice(slot: number, nowMs: number): void {
    this.#packets[slot] = undefined;
    this.#noticedMs[slot] = nowMs;
    this.#requests[slot] = 0;
  }
}
