/** The last sent packets, for retransmission. One slot for each of the last HISTORY_PACKETS sequence numbers. */

/** Two seconds of video at 4 Mbit/s; libsrtp does not encrypt older packets again. */
export const HISTORY_PACKETS = 1_024;
/** A second request within this time was sent before the first retransmission could arrive. */
const REPEAT_INTERVAL_MS = 10;

export class History {
  readonly #packets = new Array<Buffer | undefined>(HISTORY_PACKETS).fill(undefined);
  readonly #sequences = new Uint16Array(HISTORY_PACKETS);
  readonly #repeatedMs = new Float64Array(HISTORY_PACKETS);

  remember(sequence: number, packet: Buffer): void {
    const slot = sequence % HISTORY_PACKETS;
    this.#packets[slot] = packet;
    this.#sequences[slot] = sequence;
    this.#repeatedMs[slot] = Number.NEGATIVE_INFINITY;
  }

  /** Undefined if the packet is too old, was never sent, or was just retransmitted. */
  take(sequence: number, nowMs: number): Buffer | undefined {
    const slot = sequence % HISTORY_PACKETS;
    if (this.#sequences[slot] !== sequence || nowMs - (this.#repeatedMs[slot] as number) < REPEAT_INTERVAL_MS) return;
    this.#repeatedMs[slot] = nowMs;
    return this.#packets[slot];
  }
}
