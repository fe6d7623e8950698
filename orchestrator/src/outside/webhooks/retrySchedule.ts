const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60 * 60_000;
/** Receivers that come back together are not asked all at once. */
const JITTER = 0.2;
/** From the message's beginning; what is not taken by then can still be sent again by hand. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

export interface Failures {
  /** How often it has been tried, 1 or more. */
  attempts: number;
  /** What the receiver asked for, by Retry-After. */
  askedMs?: number | undefined;
}

/**
 * How long to wait before the next attempt: 1 s, 2 s, 4 s and so on up to an hour, or longer where the receiver says
 * so.
 *
 * @param random between 0 and 1.
 */
export function waitMs({ attempts, askedMs = 0 }: Failures, random = Math.random()): number {
  const usual = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(30, attempts - 1));
  return Math.max(Math.min(askedMs, LONGEST_WAIT_MS), usual * (1 + JITTER * (random - 0.5)));
}
