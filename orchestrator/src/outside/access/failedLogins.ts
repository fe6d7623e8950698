import type { Clock } from "../../clock.ts";

/** Enough for typing errors, too few to guess a token. */
const FAILURES_ALLOWED = 10;
const WINDOW_MS = 60_000;
/** Limits the memory that a flood from many addresses can use; the oldest entries are removed. */
const ADDRESSES_REMEMBERED = 10_000;

interface Failures {
  count: number;
  untilMs: number;
}

/** Counts wrong tokens by address. An address with too many within a minute is blocked until the minute is over. */
export class FailedLogins {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns seconds to wait; 0 if the address may try now. */
  waitSeconds(address: string): number {
    const failures = this.#current(address);
    if (!failures || failures.count < FAILURES_ALLOWED) return 0;
    return Math.ceil((failures.untilMs - this.#now()) / 1000);
  }

  note(address: string): void {
    const { count, untilMs } = this.#current(address) ?? { count: 0, untilMs: this.#now() + WINDOW_MS };
    this.#failures.delete(address);
    this.#failures.set(address, { count: count + 1, untilMs });
    if (this.#failures.size <= ADDRESSES_REMEMBERED) return;
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined) this.#failures.delete(oldest);
  }

  #current(address: string): Failures | undefined {
    const failures = this.#failures.get(address);
    return failures && failures.untilMs > this.#now() ? failures : undefined;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}
