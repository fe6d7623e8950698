/** Time as logic sees it, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds that only go forward. */
  now(): number;
  /** Calls `action` once, after `ms`. @returns what cancels it. */
  after(ms: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    // What waits for time must not keep a process that wants to end.
    timer.unref();
    return () => clearTimeout(timer);
  },
};
