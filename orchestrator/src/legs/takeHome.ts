import { asRecorderError, RecorderError } from "../errors.ts";
import type { LegIn } from "../library/manifest.ts";
import { containerFormat, USUAL_CODECS } from "../recorders/codecs.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { byeExpected, type Ending, reasonOf } from "./ending.ts";
import { failLeg, shown } from "./failLeg.ts";
import type { LegContext } from "./legContext.ts";
import { retrying } from "./retrying.ts";
import { placements } from "./trackNotes.ts";

/** Legs of which something may be in the spool. */
export type SpooledLeg = LegIn<"connecting" | "recording" | "finalising" | "failed"> &
  Pick<LegIn<"connecting">, "recorderId">;

/**
 * Ends the recorder, joins what it wrote, verifies the file, and keeps it. What cannot be kept stays in the spool, and
 * the leg says why. Never throws.
 *
 * @param recorder undefined when its container is gone already.
 */
export async function takeHome(
  leg: SpooledLeg,
  ending: Ending,
  recorder: StartedRecorder | undefined,
  context: LegContext,
): Promise<void> {
  const { clock } = context.rooms;
  const began = clock.now().getTime();
  const finalising = await context.write(finalisingOf(leg, ending));
  context.log.info({ reason: finalising.reason }, "leg finalising");
  try {
    if (recorder) await endRecorder(recorder, ending, context);
    const { file } = await retrying(() => keepRecording(finalising, ending, context), context);
    context.log.info({ file: file.name, bytes: file.bytes, ms: clock.now().getTime() - began }, "leg ready");
  } catch (thrown) {
    const error = meaningOf(asRecorderError(thrown), ending);
    if (context.isShuttingDown && error.passes) {
      context.log.warn({ code: error.code, err: error }, "left for the next start");
    } else {
      await failLeg(finalising, error, context);
    }
  }
}

function finalisingOf(leg: SpooledLeg, ending: Ending): LegIn<"finalising"> {
  const { peerId, metadata, recorderPeerId, mediaConnectionId, ringingAt, recorderId } = leg;
  return {
    state: "finalising",
    id: leg.id,
    ...{ peerId, metadata, recorderPeerId, mediaConnectionId, ringingAt, recorderId },
    codecs: leg.codecs ?? USUAL_CODECS,
    tracks: leg.tracks ?? [],
    startedAt: ("startedAt" in leg && leg.startedAt) || ringingAt,
    endedAt: ending.at.toISOString(),
    reason: reasonOf(ending),
  };
}

async function endRecorder(recorder: StartedRecorder, ending: Ending, context: LegContext): Promise<void> {
  const began = context.rooms.clock.now().getTime();
  const { exitCode, lastWords } = await retrying(() => recorder.finish(byeExpected(ending)), context);
  const ms = context.rooms.clock.now().getTime() - began;
  if (exitCode === 0) context.log.info({ ms }, "recorder finished");
  else context.log.warn({ ms, exitCode, lastWords }, "recorder ended with an error");
}

/** From the spool into the call's folder; may be tried again from any point at which it failed. */
async function keepRecording(
  leg: LegIn<"finalising">,
  ending: Ending,
  { callId, rooms: { calls, library, recorders } }: LegContext,
): Promise<LegIn<"ready">> {
  const { recorderId, id: legId } = leg;
  const format = containerFormat(leg.codecs);
  const probed = await recorders.assemble({
    ...{ recorderId, callId, legId, format },
    placements: placements(leg.tracks),
    title: leg.peerId,
    startedAt: new Date(leg.startedAt),
  });
  if (probed === undefined) {
    await library.clearSpool(recorderId);
    throw new RecorderError("NO_MEDIA");
  }
  const file = await stored(library.keep(recorderId, callId, legId, format, probed));
  const ready: LegIn<"ready"> = {
    ...leg,
    state: "ready",
    file,
    ...(ending.reason === "recorder_lost" && { error: shown(new RecorderError("RECORDER_LOST")) }),
  };
  await stored(calls.record(callId, ready));
  // Only now: whatever died before this line, the tracks are still there to begin again with.
  await library.clearSpool(recorderId);
  return ready;
}

/** What the file system refuses is the volume's fault, and may pass. */
async function stored<Result>(storing: Promise<Result>): Promise<Result> {
  try {
    return await storing;
  } catch (error) {
    if (error instanceof RecorderError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecorderError("STORAGE_UNAVAILABLE", reason, { cause: error });
  }
}

/** A leg without media that never connected has failed by that. */
function meaningOf(error: RecorderError, ending: Ending): RecorderError {
  return error.code === "NO_MEDIA" && ending.reason === "not_connected" ? new RecorderError("NOT_CONNECTED") : error;
}
