/** The clock that logic uses; tests replace it so that they do not have to wait. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Calls `action` once, after `ms`. @returns a function that cancels it. */
  after(ms: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    // A pending timer must not keep the process running.
    timer.unref();
    return () => clearTimeout(timer);
  },
};
