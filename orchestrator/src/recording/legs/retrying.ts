import { asRecorderError } from "../../errors.ts";
import type { LegContext } from "./legContext.ts";

const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 15_000;
/** An engine that restarts is back long before; what takes longer needs an operator. */
const GIVE_UP_AFTER_MS = 5 * 60_000;

/**
 * Does something that may fail for reasons that pass, until it succeeds, fails for another reason, or time is up. A
 * process that shuts down does not wait: the next one tries again.
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
      context.log.warn({ code: error.code, err: error, pauseMs }, "tried again in a moment");
      // A leg that was stopped by the API is finalised all the same: only a shutdown cuts the pause short.
      await clock.sleep(pauseMs, context.stop.aborted ? undefined : context.stop);
    }
  }
}
