import { setTimeout as delay } from "node:timers/promises";

const STEP_MS = 100;

/**
 * Polls until there is an answer, for at most `limitMs` milliseconds.
 * `undefined` and `false` mean "not yet"; `last` returns the last state seen, for the error message.
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
      throw new Error(`did not happen within ${limitMs} ms: ${what}\n${JSON.stringify(last(), null, 2) ?? ""}`);
    }
    await delay(STEP_MS);
  }
}
