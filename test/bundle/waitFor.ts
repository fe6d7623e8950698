import { setTimeout as delay } from "node:timers/promises";

const STEP_MS = 100;

/**
 * Asks again and again until there is an answer, for at most `limitMs` milliseconds.
 * `undefined` and `false` mean "not yet"; `last` says in the error what was seen instead.
 */
export async function waitFor<T>(
  what: string,
  limitMs: number,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  last: () => unknown = () => undefined,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) {
      throw new Error(`not within ${limitMs} ms: ${what}\n${JSON.stringify(last(), null, 2) ?? ""}`);
    }
    await delay(STEP_MS);
  }
}
