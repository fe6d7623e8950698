import type { Clock } from "@skyway-call-recorder/process/clock.ts";

/** How long an offer waits for an answer. The caller's page stops ringing much earlier. */
export const OFFER_LIFE_MS = 60_000;
/** How long an outgoing call rings. */
export const RING_LIMIT_MS = 60_000;
/** An answered call that has not connected by then never connects. */
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
