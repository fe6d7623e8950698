import { setTimeout as delay } from "node:timers/promises";

/** Resolves after a time, or as soon as the signal aborts. */
export async function sleep(ms: number, until?: AbortSignal): Promise<void> {
  await delay(ms, undefined, { ref: false, ...(until && { signal: until }) }).catch(() => undefined);
}
