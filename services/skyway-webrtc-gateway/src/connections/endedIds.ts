import type { Clock } from "@skyway-call-recorder/process/clock.ts";

/** How long `tracks` of an ended call can be read, and CLOSE if nobody has read it. */
export const ENDED_KEPT_MS = 10 * 60_000;
/** The maximum of ended connections that are kept. */
export const MAX_ENDED_KEPT = 2_000;

/** Ids of ended connections that can still be found. */
export class EndedIds {
  readonly #clock: Clock;
  readonly #forget: (id: string) => void;
  /** Oldest first, each with the function that stops its timer. */
  readonly #ids = new Map<string, () => void>();

  /** @param forget is called once for each id, when it can no longer be found. */
  constructor(clock: Clock, forget: (id: string) => void) {
    this.#clock = clock;
    this.#forget = forget;
  }

  get size(): number {
    return this.#ids.size;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.set(
      id,
      this.#clock.after(ENDED_KEPT_MS, () => this.#remove(id)),
    );
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= MAX_ENDED_KEPT) break;
      this.#remove(oldest);
    }
  }

  #remove(id: string): void {
    this.#ids.get(id)?.();
    this.#ids.delete(id);
    this.#forget(id);
  }
}
