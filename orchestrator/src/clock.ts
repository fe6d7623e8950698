import { setTimeout as delay } from "node:timers/promises";

/** Source of time; passed in so that tests can control it. */
export interface Clock {
  now(): Date;
  /** Resolves after `ms`, or as soon as the signal aborts. */
  sleep(ms: number, until?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(ms, until) {
    await delay(ms, undefined, { ref: false, ...(until && { signal: until }) }).catch(() => undefined);
  },
};
