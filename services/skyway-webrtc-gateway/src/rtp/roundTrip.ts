/** The time to the sender and back, in milliseconds, smoothed as TCP does it (RFC 6298, section 2). */

/** Until something was measured. */
const ASSUMED_MS = 100;
const GAIN = 1 / 8;

export class RoundTrip {
  #smoothedMs: number | undefined;
  #isEchoed = false;

  get ms(): number {
    return this.#smoothedMs ?? ASSUMED_MS;
  }

  /** Measured by the sender's echo of our own clock. */
  echoed(ms: number): void {
    if (!this.#isEchoed) this.#smoothedMs = undefined;
    this.#isEchoed = true;
    this.#sample(ms);
  }

  /** From a NACK to the packet it asked for: the next best thing, when the sender echoes nothing. */
  repaired(ms: number): void {
    if (!this.#isEchoed) this.#sample(ms);
  }

  #sample(ms: number): void {
    this.#smoothedMs = this.#smoothedMs === undefined ? ms : this.#smoothedMs + (ms - this.#smoothedMs) * GAIN;
  }
}
