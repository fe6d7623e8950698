import type { Clock } from "../clock.ts";

/** An offer that nobody answers expires: the caller's page has long stopped ringing. */
export const OFFER_LIFE_MS = 60_000;
/** No answer to a call of ours by then: nobody is there, or nobody wants it. */
export const RING_LIMIT_MS = 60_000;
/** An answered call that has not connected by then never will. */
export const CONNECT_LIMIT_MS = 60_000;

/** The time limit of a connection's current phase. */
export class Deadline {
  readonly #clock: Clock;
  #cancel = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Replaces the former limit. */
  set(ms: number, onPassed: () => void): void {
    this.cancel();
    this.#cancel = this.#clock.after(ms, onPassed);
  }

  /** May be called again. */
  cancel(): void {
    this.#cancel();
    this.#cancel = () => {};
  }
}
