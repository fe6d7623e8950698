import type { LegIn } from "../../archive/library/manifest.ts";
import { asRecorderError, RecorderError } from "../../errors.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { answerLeg } from "./answerLeg.ts";
import type { LegContext } from "./legContext.ts";
import { discard } from "./nextRecorder.ts";
import { startRecorder } from "./prepareLeg.ts";
import { canStartAgain, repeating } from "./startAgain.ts";

/** How long an unreachable engine or gateway is asked again: docker-guard and a frozen gateway return within seconds. */
const AWAY_LIMIT_MS = 30_000;

export interface RedirectedLeg {
  leg: LegIn<"connecting">;
  recorder: StartedRecorder;
}

/**
 * Answers a call before its recorder is started: the caller waits for nothing, and the gateway holds the media until
 * then.
 *
 * @throws RecorderError as `answerLeg` and `redirectHeld`.
 */
export async function answerFirst(leg: LegIn<"connecting">, context: LegContext): Promise<RedirectedLeg> {
  await answerLeg(leg, undefined, context);
  return redirectHeld(leg, context);
}

/**
 * Starts the recorder of an answered call, and redirects its held media to it, from the beginning of the call on. A call
 * that has ended meanwhile is still recorded.
 *
 * @throws RecorderError if no recorder can be started, or GATEWAY_UNREACHABLE, ENDED_EARLY; no recorder is left running.
 */
export async function redirectHeld(answered: LegIn<"connecting">, context: LegContext): Promise<RedirectedLeg> {
  const { clock, gateway } = context.services;
  let leg = answered;
  const recorder = await repeating(canStartAgain, AWAY_LIMIT_MS, context, async (attempt) => {
    // The engine may still have the container of the last attempt.
    if (attempt > 1) leg = await context.write({ ...leg, recorderId: context.nextRecorderId(leg) });
    return startRecorder(leg, context);
  });
  try {
    const { mediaConnectionId, codecs } = leg;
    await repeating(isGatewayAway, AWAY_LIMIT_MS, context, async () => {
      const began = Date.parse(leg.ringingAt);
      const report = await gateway.redirect(mediaConnectionId, codecs, recorder.redirect).catch(refused);
      if (!report) throw new RecorderError("INTERNAL", "the gateway cannot redirect held media");
      context.log.info({ ms: clock.now().getTime() - began }, "held media redirected");
    });
    return { leg, recorder };
  } catch (error) {
    await discard(recorder, context);
    throw error;
  }
}

/** @throws RecorderError GATEWAY_UNREACHABLE, ENDED_EARLY. */
function refused(error: unknown): never {
  if (!isGatewayError(error)) throw error;
  throw new RecorderError(error.isTransient ? "GATEWAY_UNREACHABLE" : "ENDED_EARLY", error.message, { cause: error });
}

const isGatewayAway = (error: unknown): boolean => asRecorderError(error).code === "GATEWAY_UNREACHABLE";
