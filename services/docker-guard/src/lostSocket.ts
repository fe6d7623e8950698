import { setTimeout as delay } from "node:timers/promises";

const LOOK_INTERVAL_MS = 2_000;
/** An engine that is restarted takes some seconds. */
const LOST_AFTER_MS = 10_000;

export interface LostSocketTimes {
  intervalMs?: number;
  lostAfterMs?: number;
}

/**
 * Resolves when the engine has not answered for ten seconds. The socket is mounted as the file that it was when this
 * container was started, and an engine that was restarted (with live-restore, where containers outlive it) may have made
 * another one: only a container that is started again finds it.
 *
 * @param ping throws when the engine does not answer.
 */
export async function socketLost(
  ping: () => Promise<unknown>,
  { intervalMs = LOOK_INTERVAL_MS, lostAfterMs = LOST_AFTER_MS }: LostSocketTimes = {},
): Promise<void> {
  let answeredAt = performance.now();
  while (performance.now() - answeredAt < lostAfterMs) {
    await delay(intervalMs, undefined, { ref: false });
    await ping().then(
      () => {
        answeredAt = performance.now();
      },
      () => undefined,
    );
  }
}
