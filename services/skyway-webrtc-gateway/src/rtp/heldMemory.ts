/**
 * Memory of media that is held because its receiver does not exist yet, for all calls together. A call that is answered
 * before it has a recorder needs it for seconds.
 */
export class HeldMemory {
  readonly #limitBytes: number;
  #bytes = 0;

  /** @param limitBytes by default, there is no limit. */
  constructor(limitBytes = Number.POSITIVE_INFINITY) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes > this.#limitBytes;
  }

  /** @param bytes negative when they are released. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }
}
