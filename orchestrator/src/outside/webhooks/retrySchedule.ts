const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60 * 60_000;
/** Spreads the attempts, so that receivers that recover together do not get all of them at once. */
const JITTER = 0.2;
/** Since the message was created. After that, it can still be sent again manually. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

export interface Failures {
  /** Attempts so far, 1 or more. */
  attempts: number;
  /** From the receiver's Retry-After header. */
  retryAfterMs?: number | undefined;
}

/**
 * How long to wait before the next attempt: 1 s, 2 s, 4 s and so on, up to an hour. A longer Retry-After is used
 * instead, up to an hour.
 *
 * @param random between 0 and 1.
 */
export function waitMs({ attempts, retryAfterMs = 0 }: Failures, random = Math.random()): number {
  const usual = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(30, attempts - 1));
  return Math.max(Math.min(retryAfterMs, LONGEST_WAIT_MS), usual * (1 + JITTER * (random - 0.5)));
}
