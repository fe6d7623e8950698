import type { Cancel, Clock } from "./clock.ts";

/** The process notes this often that it runs. */
const BEAT_MS = 500;
/** A longer pause between two beats was a freeze. A busy process is late by less. */
const FROZEN_AFTER_MS = 2_000;
/** After a freeze, the process first reads what arrived meanwhile. */
const LEAST_WAIT_AFTER_FREEZE_MS = 1_000;

/**
 * A clock whose timers count only the time in which this process runs. A process that was frozen (`docker pause`,
 * SIGSTOP, a suspended host) runs its due timers before it reads its sockets: every client would seem to have been
 * silent for the time of the freeze.
 */
export class AwakeClock implements Clock {
  readonly #base: Clock;
  #beatAt: number;
  #frozenMs = 0;

  constructor(base: Clock) {
    this.#base = base;
    this.#beatAt = base.now();
    this.#beat();
  }

  /** What the base clock shows. Includes the time of freezes. */
  now(): number {
    return this.#base.now();
  }

  after(ms: number, action: () => void): Cancel {
    const dueAt = this.#awakeMs() + ms;
    let frozenMs = this.#frozenMs;
    const run = () => {
      const remainingMs = dueAt - this.#awakeMs();
      if (this.#frozenMs === frozenMs) return action();
      frozenMs = this.#frozenMs;
      cancel = this.#base.after(Math.max(remainingMs, LEAST_WAIT_AFTER_FREEZE_MS), run);
    };
    let cancel = this.#base.after(ms, run);
    return () => cancel();
  }

  #beat(): void {
    this.#awakeMs();
    this.#base.after(BEAT_MS, () => this.#beat());
  }

  /** A clock that is set forward looks like a freeze, and only makes the timers late. */
  #awakeMs(): number {
    const now = this.#base.now();
    const pauseMs = now - this.#beatAt;
    if (pauseMs > FROZEN_AFTER_MS) this.#frozenMs += pauseMs;
    this.#beatAt = now;
    return now - this.#frozenMs;
  }
}
