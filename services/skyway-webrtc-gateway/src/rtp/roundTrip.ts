/** The round-trip time to the sender in milliseconds, smoothed as in TCP (RFC 6298, section 2). */

/** Used until the first measurement. */
const ASSUMED_MS = 100;
const GAIN = 1 / 8;

export class RoundTrip {
  #smoothedMs: number | undefined;
  #isEchoed = false;

  get ms(): number {
    return this.#smoothedMs ?? ASSUMED_MS;
  }

  /** Measured with the sender's echo of our clock. */
  echoed(ms: number): void {
    if (!this.#isEchoed) this.#smoothedMs = undefined;
    this.#isEchoed = true;
    this.#sample(ms);
  }

  /** From a NACK to the requested packet: used if the sender does not echo our clock. */
  repaired(ms: number): void {
    if (!this.#isEchoed) this.#sample(ms);
  }

  #sample(ms: number): void {
    this.#smoothedMs = this.#smoothedMs === undefined ? ms : this.#smoothedMs + (ms - this.#smoothedMs) * GAIN;
  }
}
