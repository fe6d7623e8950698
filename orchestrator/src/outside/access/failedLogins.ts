import type { Clock } from "../../clock.ts";

/** Enough for typing errors, too few to guess a token. */
const FAILURES_ALLOWED = 10;
const WINDOW_MS = 60_000;
export const WRONG_TOKEN_DELAY_MS = 1_000;
/** Requests that are answered late keep a connection each. More are answered at once. */
export const DELAYED_AT_ONCE = 100;
/** Limits the memory that a flood from many addresses can use; the oldest entries are removed. */
const ADDRESSES_REMEMBERED = 10_000;

interface Failures {
  count: number;
  untilMs: number;
}

/** What is to be answered to a wrong token. */
export interface Refusal {
  /** Seconds until wrong tokens of this address are answered at once again; 0 if they still are. */
  waitSeconds: number;
}

/**
 * Counts wrong tokens by address. After too many within a minute, wrong tokens from this address are answered late until
 * the minute is over. A right token is never delayed: other people may have the same address.
 */
export class FailedLogins {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();
  #delayed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a wrong token, and resolves when it may be answered. */
  async refuse(address: string): Promise<Refusal> {
    const waitSeconds = this.#waitSeconds(address);
    if (waitSeconds === 0) {
      this.#note(address);
      return { waitSeconds };
    }
    if (this.#delayed < DELAYED_AT_ONCE) {
      this.#delayed += 1;
      await this.#clock.sleep(WRONG_TOKEN_DELAY_MS);
      this.#delayed -= 1;
    }
    return { waitSeconds };
  }

  #waitSeconds(address: string): number {
    const failures = this.#current(address);
    if (!failures || failures.count < FAILURES_ALLOWED) return 0;
    return Math.ceil((failures.untilMs - this.#now()) / 1000);
  }

  #note(address: string): void {
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
