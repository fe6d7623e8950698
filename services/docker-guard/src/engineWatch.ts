import { type Clock, monotonicClock } from "@skyway-call-recorder/process/clock.ts";

/** How often the engine is asked. */
export const PING_INTERVAL_MS = 2_000;
/** An engine restart takes several seconds. */
export const UNREACHABLE_AFTER_MS = 10_000;

/**
 * Resolves when the engine has not answered for ten seconds.
 *
 * The bind mount keeps the socket file that existed when this container started. An engine that restarts with
 * live-restore, which keeps containers running, may create a new socket file. Only a restarted container sees it.
 *
 * @param ping throws if the engine does not answer.
 */
export async function engineUnreachable(ping: () => Promise<unknown>, clock: Clock = monotonicClock): Promise<void> {
  let answeredAt = clock.now();
  while (clock.now() - answeredAt < UNREACHABLE_AFTER_MS) {
    await new Promise<void>((resolve) => clock.after(PING_INTERVAL_MS, resolve));
    await ping().then(
      () => {
        answeredAt = clock.now();
      },
      () => undefined,
    );
  }
}
