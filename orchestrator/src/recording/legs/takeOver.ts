import type { LegIn, ManifestPart, ManifestTrack } from "../../archive/library/manifest.ts";
import { asRecorderError } from "../../errors.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { FollowedLeg } from "./followLeg.ts";
import type { LegContext } from "./legContext.ts";
import { manifestTracks } from "./manifestTracks.ts";
import { recordersOf } from "./parts.ts";

/** A leg that loses more recorders than this has a reason for it that the next one will not cure. */
const MAX_LOST_RECORDERS = 5;

export interface TakenOverLeg {
  leg: LegIn<"connecting" | "recording">;
  recorder: StartedRecorder;
}

/**
 * Puts another recorder in the place of one that was lost while its call goes on. The gateway keeps what comes
 * meanwhile, and begins with the last seconds before. Never throws.
 *
 * @returns undefined when nobody can take over: the leg is to be ended. Without a gateway there is nothing to take over.
 */
export async function takeOver(
  { leg, ending, tracks }: FollowedLeg,
  lost: StartedRecorder,
  context: LegContext,
): Promise<TakenOverLeg | "gateway_lost" | undefined> {
  const { clock, gateway, recorders, storage } = context.services;
  const { mediaConnectionId, codecs } = leg;
  const part = recordersOf(leg).length + 1;
  if (context.stop.aborted || part > MAX_LOST_RECORDERS + 1) return undefined;
  const began = clock.now().getTime();
  let recorder: StartedRecorder | undefined;
  try {
    // At once: the address of the lost one may be given to any other recorder.
    const until = await gateway.redirect(mediaConnectionId, codecs, undefined);
    if (!until) return undefined;
    await storage.check();
    await lost.finish(false);
    const recorderId = context.nextRecorderId(leg);
    recorder = await recorders.take({ recorderId, callId: context.callId, legId: leg.id, codecs, isSuccessor: true });
    if (context.stop.aborted) throw new Error("the leg is to end");
    await gateway.redirect(mediaConnectionId, codecs, recorder.redirect);
    // Not before: an orchestrator that dies in between must not leave a leg whose media goes nowhere.
    const next = await context.write(
      followingPart(leg, tracks ?? manifestTracks(until, codecs), ending.at, recorderId),
    );
    context.log.warn({ recorderId, part, ms: clock.now().getTime() - began }, "another recorder has taken over");
    return { leg: next, recorder };
  } catch (error) {
    if (isGatewayError(error, "UNREACHABLE") && !recorder) return "gateway_lost";
    context.log.error({ code: asRecorderError(error).code, err: error }, "no recorder could take over");
    await recorder?.finish(false).catch(() => undefined);
    if (recorder) await context.services.library.clearSpool(recorder.recorderId);
    return undefined;
  }
}

function followingPart<Leg extends LegIn<"connecting" | "recording">>(
  leg: Leg,
  tracks: readonly ManifestTrack[],
  endedAt: Date,
  recorderId: Leg["recorderId"],
): Leg {
  const lost: ManifestPart = {
    recorderId: leg.recorderId,
    tracks: [...tracks],
    endedAt: endedAt.toISOString(),
    reason: "recorder_lost",
  };
  return { ...leg, recorderId, tracks: [], parts: [...(leg.parts ?? []), lost] };
}
