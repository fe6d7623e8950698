const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * Ends this process when Docker (SIGTERM) or a terminal (SIGINT) asks for it: closes the service, then exits with 0.
 * Signals during that time change nothing. If `close` rejects, Node exits with 1 and shows the error.
 *
 * @param close is called once, with the first signal.
 * @param limitMs how long `close` may take, in milliseconds; then the process exits with 1. Default: no limit.
 */
export function closeOnSignal(close: (signal: NodeJS.Signals) => Promise<void>, limitMs?: number): void {
  let isClosing = false;
  const end = async (signal: NodeJS.Signals) => {
    if (isClosing) return;
    isClosing = true;
    if (limitMs !== undefined) setTimeout(() => process.exit(1), limitMs).unref();
    await close(signal);
    process.exit(0);
  };
  for (const signal of SIGNALS) process.on(signal, end);
}
