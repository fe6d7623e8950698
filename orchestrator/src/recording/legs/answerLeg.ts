import type { LegIn } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { LegContext } from "./legContext.ts";

/**
 * Answers the call receive-only and redirects its media to the recorder, if there is one.
 *
 * @throws RecorderError ENDED_EARLY, ANSWER_REFUSED, GATEWAY_UNREACHABLE, after removing the recorder and its spool
 *   files.
 */
export async function answerLeg(
  leg: LegIn<"connecting">,
  recorder: StartedRecorder | undefined,
  context: LegContext,
): Promise<void> {
  const { clock, gateway, library, metrics, recorders } = context.services;
  try {
    if (context.stop.aborted) throw new RecorderError("ENDED_EARLY", context.stopReason);
    await context.write(leg);
    await gateway.answer(leg.mediaConnectionId, leg.codecs, recorder?.redirect);
    metrics.answered(clock.now().getTime() - Date.parse(leg.ringingAt));
    context.log.info({ mediaConnectionId: leg.mediaConnectionId }, "leg connecting");
  } catch (error) {
    if (!recorder) recorders.release(leg.recorderId);
    else {
      await recorder.finish(false);
      await library.clearSpool(leg.recorderId);
    }
    throw isGatewayError(error)
      ? new RecorderError(error.isTransient ? "GATEWAY_UNREACHABLE" : "ANSWER_REFUSED", error.message, { cause: error })
      : error;
  }
}
