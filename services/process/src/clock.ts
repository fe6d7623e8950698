/** Time, passed in where logic depends on it, so that tests do not wait. */
export interface Clock {
  /** Milliseconds; since when depends on the clock. */
  now(): number;
  /**
   * Calls `action` once, after `ms` milliseconds. The process can end before that: a timer does not keep it running.
   *
   * @returns cancels the timer; does nothing if it has already run.
   */
  after(ms: number, action: () => void): Cancel;
}

export type Cancel = () => void;

/** Milliseconds since the Unix epoch. Jumps when the host's clock is set. */
export const wallClock: Clock = { now: () => Date.now(), after };

/** Milliseconds since the process started. Never goes back. */
export const monotonicClock: Clock = { now: () => performance.now(), after };

function after(ms: number, action: () => void): Cancel {
  const timer = setTimeout(action, ms).unref();
  return () => clearTimeout(timer);
}
