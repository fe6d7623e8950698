import { setTimeout as delay } from "node:timers/promises";

/** Time, passed in where logic depends on it. */
export interface Clock {
  now(): Date;
  /** Resolves after a time, or as soon as the signal aborts. */
  sleep(ms: number, until?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(ms, until) {
    await delay(ms, undefined, { ref: false, ...(until && { signal: until }) }).catch(() => undefined);
  },
};
