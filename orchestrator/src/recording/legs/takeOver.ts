import type { LegIn, ManifestPart, ManifestTrack } from "../../archive/library/manifest.ts";
import { asRecorderError } from "../../errors.ts";
import { isGatewayError } from "../gateway/gatewayError.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import type { FollowedLeg } from "./followLeg.ts";
import type { LegContext } from "./legContext.ts";
import { manifestTracks } from "./manifestTracks.ts";
import { recordersOf } from "./parts.ts";
import { canStartAgain, repeating } from "./startAgain.ts";

/** How long an unreachable engine is asked again: docker-guard and a recorder may be lost together. */
const ENGINE_AWAY_LIMIT_MS = 2 * 60_000;
/** After more lost recorders than this, another one would probably be lost too. */
const MAX_LOST_RECORDERS = 5;

export interface TakenOverLeg {
  leg: LegIn<"connecting" | "recording">;
  recorder: StartedRecorder;
}

/**
 * Replaces a recorder that was lost during a call. The gateway buffers media in between, and first resends the last
 * seconds before the loss. Never throws.
 *
 * @returns undefined if no recorder can take over, also because the media itself ended the lost one, so the leg must
 *   end; "gateway_lost" if the gateway is lost as well.
 */
export async function takeOver(
  { leg, ending, tracks }: FollowedLeg,
  lost: StartedRecorder,
  context: LegContext,
): Promise<TakenOverLeg | "gateway_lost" | undefined> {
  const { clock, gateway, storage } = context.services;
  const { mediaConnectionId, codecs } = leg;
  const part = recordersOf(leg).length + 1;
  if (context.stop.aborted || part > MAX_LOST_RECORDERS + 1) return undefined;
  const began = clock.now().getTime();
  let recorder: StartedRecorder | undefined;
  try {
    // Immediately: from then on, the gateway keeps all media.
    const report = await gateway.redirect(mediaConnectionId, codecs, undefined);
    if (!report) return undefined;
    await storage.check();
    recorder = await startAnother(leg, lost, context);
    if (!recorder) return undefined;
    const { recorderId } = recorder;
    if (context.stop.aborted) throw new Error("the leg was stopped");
    await gateway.redirect(mediaConnectionId, codecs, recorder.redirect);
    // Not earlier: a crash in between must not leave a leg whose media is not redirected anywhere.
    const next = await context.write(
      followingPart(leg, tracks ?? manifestTracks(report, codecs), ending.at, recorderId),
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

/**
 * Retries while the engine is away: the gateway keeps the media meanwhile.
 *
 * @returns undefined if another recorder would be lost too.
 */
async function startAnother(
  leg: TakenOverLeg["leg"],
  lost: StartedRecorder,
  context: LegContext,
): Promise<StartedRecorder | undefined> {
  const { recorders } = context.services;
  const { callId, legId } = context;
  return repeating(canStartAgain, ENGINE_AWAY_LIMIT_MS, context, async () => {
    const { refusedMedia, exitCode, stderrTail } = await lost.finish(false);
    if (refusedMedia) {
      context.log.error({ code: "RECORDER_LOST", exitCode, stderrTail }, "ffmpeg cannot record this media");
      return undefined;
    }
    const recorderId = context.nextRecorderId(leg);
    return recorders.take({ recorderId, callId, legId, codecs: leg.codecs, isSuccessor: true });
  });
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
