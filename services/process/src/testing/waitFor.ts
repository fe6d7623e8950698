const LOOK_INTERVAL_MS = 5;

/**
 * Calls `find` every 5 ms until it returns something other than `undefined` or `false`.
 *
 * @param what the condition in words, for the error.
 * @param limitMs milliseconds. Default: 30,000.
 * @returns what `find` found.
 * @throws Error with `what` when the limit is reached; what `find` throws.
 */
export async function waitFor<T>(
  what: string,
  find: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}
