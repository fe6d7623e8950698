import { setTimeout as delay } from "node:timers/promises";

const PING_INTERVAL_MS = 2_000;
/** An engine restart takes several seconds. */
const UNREACHABLE_AFTER_MS = 10_000;

export interface EngineWatchTimes {
  intervalMs?: number;
  unreachableAfterMs?: number;
}

/**
 * Resolves when the engine has not answered for ten seconds.
 *
 * The bind mount keeps the socket file that existed when this container started. An engine that restarts with
 * live-restore, which keeps containers running, may create a new socket file. Only a restarted container sees it.
 *
 * @param ping throws if the engine does not answer.
 */
export async function engineUnreachable(
  ping: () => Promise<unknown>,
  { intervalMs = PING_INTERVAL_MS, unreachableAfterMs = UNREACHABLE_AFTER_MS }: EngineWatchTimes = {},
): Promise<void> {
  let answeredAt = performance.now();
  while (performance.now() - answeredAt < unreachableAfterMs) {
    await delay(intervalMs, undefined, { ref: false });
    await ping().then(
      () => {
        answeredAt = performance.now();
      },
      () => undefined,
    );
  }
}
