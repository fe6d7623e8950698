import { asRecorderError, RecorderError } from "../errors.ts";
import type { LegIn } from "../library/manifest.ts";
import type { Assembly } from "../recorders/assembly.ts";
import { containerFormat, USUAL_CODECS } from "../recorders/codecs.ts";
import type { AssemblyOrder } from "../recorders/commands.ts";
import type { FinishedRecorder, StartedRecorder } from "../recorders/startedRecorder.ts";
import { byeExpected, type Ending, reasonOf } from "./ending.ts";
import { failLeg, shown } from "./failLeg.ts";
import type { LegContext } from "./legContext.ts";
import { recordersOf, trackParts } from "./parts.ts";
import { retrying } from "./retrying.ts";

/** What is missing between two parts without anyone having to know. */
const NOTICED_GAP_SECONDS = 1;

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
    const order = assemblyOrder(finalising, context);
    const finished = recorder && (await endRecorder(recorder, ending, order, context));
    const assemblies = finished?.assembly ? [finished.assembly] : [];
    const { file } = await retrying(async () => {
      // What was assembled serves one try: it is moved away in the course of it.
      const assembly = assemblies.pop() ?? (await context.rooms.recorders.assemble(order));
      return keepRecording(finalising, order, assembly, ending, context);
    }, context);
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
    ...(leg.parts && { parts: leg.parts }),
    startedAt: ("startedAt" in leg && leg.startedAt) || ringingAt,
    endedAt: ending.at.toISOString(),
    reason: reasonOf(ending),
  };
}

function assemblyOrder(leg: LegIn<"finalising">, { callId, rooms: { form } }: LegContext): AssemblyOrder {
  const { tracks, transcode } = form;
  return {
    ...{ recorderId: leg.recorderId, callId, legId: leg.id, tracks, transcode },
    format: containerFormat(leg.codecs, form),
    parts: trackParts(leg),
    title: leg.peerId,
    startedAt: new Date(leg.startedAt),
  };
}

async function endRecorder(
  recorder: StartedRecorder,
  ending: Ending,
  order: AssemblyOrder,
  context: LegContext,
): Promise<FinishedRecorder> {
  const began = context.rooms.clock.now().getTime();
  const finished = await retrying(() => recorder.finish(byeExpected(ending), order), context);
  const ms = context.rooms.clock.now().getTime() - began;
  const { exitCode, lastWords, assembly } = finished;
  if (exitCode === 0 || assembly) context.log.info({ ms, assembled: assembly !== undefined }, "recorder finished");
  else context.log.warn({ ms, exitCode, lastWords }, "recorder ended with an error");
  return finished;
}

/** From the spool into the call's folder; may be tried again from any point at which it failed. */
async function keepRecording(
  leg: LegIn<"finalising">,
  order: AssemblyOrder,
  { probed, gapSeconds }: Assembly,
  ending: Ending,
  { callId, rooms: { calls, library } }: LegContext,
): Promise<LegIn<"ready">> {
  if (probed === undefined) {
    for (const one of recordersOf(leg)) await library.clearSpool(one);
    throw new RecorderError("NO_MEDIA");
  }
  const file = await stored(library.keep(order, probed));
  const trackFiles = order.tracks === "separate" ? await stored(library.keepTracks(order, probed)) : undefined;
  const isLossy = ending.reason === "recorder_lost" || gapSeconds > NOTICED_GAP_SECONDS;
  const ready: LegIn<"ready"> = {
    ...leg,
    state: "ready",
    file,
    ...(trackFiles && { trackFiles }),
    ...(leg.parts && { gapSeconds }),
    ...(isLossy && { error: shown(new RecorderError("RECORDER_LOST")) }),
  };
  await stored(calls.record(callId, ready));
  // Only now: whatever died before this line, the tracks are still there to begin again with.
  for (const one of recordersOf(leg)) await library.clearSpool(one);
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
