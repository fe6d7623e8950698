import { asRecorderError } from "../../errors.ts";
import type { LegContext } from "./legContext.ts";

const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 15_000;
/** An engine restart takes much less; a longer failure needs an operator. */
const GIVE_UP_AFTER_MS = 5 * 60_000;

/**
 * Retries an action after transient errors, until it succeeds, fails with another error, or GIVE_UP_AFTER_MS has
 * passed. Does not retry during shutdown: the next process does.
 */
export async function retrying<Result>(action: () => Promise<Result>, context: LegContext): Promise<Result> {
  const { clock } = context.services;
  const began = clock.now().getTime();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
    try {
      return await action();
    } catch (thrown) {
      const error = asRecorderError(thrown);
      const isOver = context.isShuttingDown || clock.now().getTime() - began > GIVE_UP_AFTER_MS;
      if (!error.isTransient || isOver) throw error;
      context.log.warn({ code: error.code, err: error, pauseMs }, "retrying after a transient error");
      // A leg that was already stopped must still be finalised: its signal must not cut this pause short.
      await clock.sleep(pauseMs, context.stop.aborted ? undefined : context.stop);
    }
  }
}
