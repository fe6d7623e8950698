/** The engine did not answer in time. Without a status it counts as unreachable. */
class NoAnswer extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1000} s`);
    this.name = "NoAnswer";
  }
}

/**
 * Asks, and stops waiting after a time limit, whatever happens to the connection: a killed docker-guard or engine may
 * leave an answer that neither continues nor fails.
 *
 * @param ask gets a signal that aborts when the limit has passed or `signal` aborts.
 * @param limitMs milliseconds.
 * @throws what `ask` throws, an error without a status after the limit, or the reason of `signal`.
 */
export async function withinLimit<Answer>(
  ask: (over: AbortSignal) => Promise<Answer>,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Answer> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    reject(reason);
    over.abort(reason);
  };
  const timer = setTimeout(() => end(new NoAnswer(limitMs)), limitMs).unref();
  const onAbort = () => end(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    return await Promise.race([ask(over.signal), cut]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
