import type { LegIn } from "../../archive/library/manifest.ts";
import { asRecorderError } from "../../errors.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { LegContext } from "./legContext.ts";

/** A file that cannot be followed by another grows on; that is tried again after so long. */
export const ROLL_OVER_AGAIN_MS = 10_000;

/**
 * A recorder for the leg's next file. Never throws: what cannot be started now may be started later, and until then the
 * recording goes on as it was.
 *
 * @param until when it aborts, nobody needs a next recorder any more.
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
    context.log.error({ code, err: error }, "no recorder for the next file; this one goes on beyond its limit");
    context.rollsOverAgainAtMs = clock.now().getTime() + ROLL_OVER_AGAIN_MS;
    return undefined;
  }
}

/** Nobody needs this recorder any more, and nothing that it has. Never throws. */
export async function discard(recorder: StartedRecorder, { services, log }: LegContext): Promise<void> {
  try {
    await recorder.finish(false);
    await services.library.clearSpool(recorder.recorderId);
  } catch (error) {
    log.warn({ recorderId: recorder.recorderId, err: error }, "a recorder that is not needed could not be ended");
  }
}
