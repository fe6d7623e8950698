import type { LegIn, ManifestFile } from "../../archive/library/manifest.ts";
import { asRecorderError } from "../../errors.ts";
import type { SwitchReport } from "../gateway/gateway.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { errorView } from "./failLeg.ts";
import { finishFile } from "./finishFile.ts";
import type { FollowedLeg } from "./followLeg.ts";
import type { LegContext } from "./legContext.ts";
import type { LegFiles } from "./legFiles.ts";
import { manifestTracks } from "./manifestTracks.ts";
import { discard, ROLL_OVER_RETRY_MS } from "./nextRecorder.ts";
import { fileStart } from "./rolledFile.ts";
import type { TakenOverLeg } from "./takeOver.ts";

type RunningLeg = LegIn<"connecting" | "recording">;

/**
 * Continues a leg in its next file: the gateway switches its media to the next recorder at a keyframe, and the previous
 * file is finished in the background. Never throws.
 *
 * @returns the leg and its recorder, which is the previous one if the switch failed for now; or the leg and its ending.
 */
export async function rollOver(
  { leg, ending }: FollowedLeg,
  former: StartedRecorder,
  next: StartedRecorder,
  context: LegContext,
): Promise<TakenOverLeg | FollowedLeg> {
  const { clock } = context.services;
  const began = clock.now().getTime();
  let lostAtMs = Number.POSITIVE_INFINITY;
  void former.recorded.then(() => {
    lostAtMs = clock.now().getTime();
  });
  // Before the switch: after a crash, the next orchestrator must know both recorders.
  await context.write({ ...leg, next: { recorderId: next.recorderId, reason: ending.reason } });
  const switched = await switchAtKeyframe(leg, next, context);
  if (switched === "later") {
    await discard(next, context);
    return { leg: await context.write(leg), recorder: former };
  }
  if (switched === undefined) {
    await discard(next, context);
    await context.services.gateway.hangUp(leg.mediaConnectionId).catch(() => undefined);
    return { leg: await context.write(leg), ending };
  }
  const tracks = manifestTracks(switched.before, leg.codecs);
  if (lostAtMs < switched.at.getTime()) {
    // Media since the loss exists only in the gateway's buffer, which is sent to the recorder that takes over.
    context.log.error({ code: "RECORDER_LOST" }, "recorder lost during rollover");
    await discard(next, context);
    return { leg: await context.write(leg), ending: { reason: "recorder_lost", at: clock.now() }, tracks };
  }
  const { parts, ...rest } = leg;
  context.files.add({
    ...rolledFile(leg, context.files),
    tracks,
    endedAt: switched.at.toISOString(),
    reason: ending.reason,
  });
  const number = context.files.all.length;
  const going = await context.write<RunningLeg>({ ...rest, recorderId: next.recorderId, tracks: [] });
  const ms = clock.now().getTime() - began;
  context.log.info({ reason: ending.reason, file: number + 1, recorderId: next.recorderId, ms }, "leg rolled over");
  context.files.finish(finishRolled(going, number, former, context));
  return { leg: going, recorder: next };
}

/** The manifest entry of the file that a leg rolls over from. */
export function rolledFile(
  leg: RunningLeg,
  files: Pick<LegFiles, "current">,
): Omit<ManifestFile, "endedAt" | "reason"> {
  const start = "startedAt" in leg ? fileStart(leg, files) : undefined;
  return {
    recorderId: leg.recorderId,
    tracks: leg.tracks,
    ...(leg.parts && { parts: leg.parts }),
    startedAt: start?.toISOString() ?? leg.ringingAt,
  };
}

/** Finishes a file after its leg has rolled over. Never throws. */
export async function finishRolled(
  leg: Pick<LegIn<"recording">, "id" | "peerId" | "codecs">,
  number: number,
  recorder: StartedRecorder | undefined,
  context: LegContext,
): Promise<void> {
  const rolled = context.files.all[number - 1] as ManifestFile;
  const ending = { reason: rolled.reason as "max_duration", at: new Date(rolled.endedAt) };
  const open = { ...rolled, number, legId: leg.id, peerId: leg.peerId, codecs: leg.codecs };
  const { error: _, ...whole } = rolled;
  try {
    await finishFile(open, ending, recorder, context, (kept) => context.recordFile(number, { ...whole, ...kept }));
  } catch (thrown) {
    const error = asRecorderError(thrown);
    if (context.isShuttingDown && error.isTransient) return; // left for the next start
    context.log.error({ code: error.code, hint: error.hint, err: error, file: number }, "a file could not be stored");
    await context.recordFile(number, { ...whole, error: errorView(error) }).catch(() => undefined);
  }
}

/** undefined if the gateway does not support it, "later" if it failed this time. */
async function switchAtKeyframe(
  leg: RunningLeg,
  next: StartedRecorder,
  context: LegContext,
): Promise<SwitchReport | "later" | undefined> {
  const { clock, gateway } = context.services;
  try {
    const switched = await gateway.switchAtKeyframe(leg.mediaConnectionId, leg.codecs, next.redirect);
    if (switched === undefined) context.nextRollOverAtMs = undefined;
    return switched;
  } catch (error) {
    context.log.warn(
      { err: error },
      "the gateway did not switch the leg to the next recorder; the current file continues",
    );
    context.nextRollOverAtMs = clock.now().getTime() + ROLL_OVER_RETRY_MS;
    return "later";
  }
}
