import type { LegIn } from "../../archive/library/manifest.ts";
import { asRecorderError } from "../../errors.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { LegContext } from "./legContext.ts";

/** If a rollover fails, the current file continues, and the rollover is retried after this time. */
export const ROLL_OVER_RETRY_MS = 10_000;

/**
 * Starts a recorder for the leg's next file. Never throws: if it cannot be started now, the current file continues, and
 * the start is retried later.
 *
 * @param until aborts when the next recorder is no longer needed.
 */
export async function startNext(
  leg: LegIn<"connecting" | "recording">,
  until: AbortSignal,
  context: LegContext,
): Promise<StartedRecorder | undefined> {
  const { clock, recorders, storage } = context.services;
  const recorderId = context.nextRecorderId(leg);
  const { callId, legId } = context;
  try {
    await storage.check();
    const next = await recorders.take({ recorderId, callId, legId, codecs: leg.codecs, isSuccessor: true });
    if (!until.aborted) return next;
    await discard(next, context);
    return undefined;
  } catch (error) {
    const { code } = asRecorderError(error);
    context.log.error(
      { code, err: error },
      "no recorder for the next file; the current file continues beyond its limit",
    );
    context.nextRollOverAtMs = clock.now().getTime() + ROLL_OVER_RETRY_MS;
    return undefined;
  }
}

/** Stops a recorder that is not needed and removes its files. Never throws. */
export async function discard(recorder: StartedRecorder, { services, log }: LegContext): Promise<void> {
  try {
    await recorder.finish(false);
    await services.library.clearSpool(recorder.recorderId);
  } catch (error) {
    log.warn({ recorderId: recorder.recorderId, err: error }, "an unused recorder could not be stopped");
  }
}
