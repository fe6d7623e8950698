import type { LegIn, ManifestFile } from "../../archive/library/manifest.ts";
import { asRecorderError, RecorderError } from "../../errors.ts";
import { USUAL_CODECS } from "../recorders/codecs.ts";
import type { StartedRecorder } from "../recorders/startedRecorder.ts";
import { dialErrorCode } from "./dialErrorCode.ts";
import { byeExpected, type Ending, reasonOf } from "./ending.ts";
import { errorView, failLeg } from "./failLeg.ts";
import { finishFile, type KeptFile } from "./finishFile.ts";
import type { LegContext } from "./legContext.ts";
import { withFiles } from "./legFiles.ts";
import { withNotes } from "./legNotes.ts";
import { lossNotes } from "./lossNotes.ts";
import { allTracks, recordersOf } from "./parts.ts";
import { fileStart } from "./rolledFile.ts";

/** Legs that may have tracks in the spool. */
export type SpooledLeg = LegIn<"connecting" | "recording" | "finalising" | "failed"> &
  Pick<LegIn<"connecting">, "recorderId" | "mediaConnectionId">;

/**
 * Stops the recorder, joins its tracks, verifies the file, and stores it. If that fails, the tracks stay in the spool
 * and the leg shows the error. For a leg that has rolled over this is the last file: it waits for the earlier ones.
 * Never throws.
 *
 * @param recorder undefined if its container no longer exists.
 */
export async function finishLeg(
  leg: SpooledLeg,
  noticed: Ending,
  recorder: StartedRecorder | undefined,
  context: LegContext,
): Promise<void> {
  const { calls, clock } = context.services;
  const began = clock.now().getTime();
  const ending = await withEndTime(noticed, leg, context);
  const tracks = [...context.files.all, { tracks: leg.tracks ?? [], parts: leg.parts }].flatMap(allTracks);
  for (const { code, ...facts } of lossNotes(tracks)) context.note(code, facts);
  const finalising = await context.write(finalisingOf(leg, ending));
  context.log.info({ reason: finalising.reason }, "leg finalising");
  const last = lastFile(finalising, context);
  const { id: legId, peerId, codecs } = finalising;
  try {
    const file = { ...last, number: context.files.current, legId, peerId, codecs };
    const kept = await finishFile(file, ending, recorder, context, async (done) => {
      await context.files.settled();
      await calls.record(context.callId, withNotes(readyOf(finalising, { ...last, ...done }, context), context.notes));
    });
    context.log.info({ file: kept.file.name, ms: clock.now().getTime() - began }, "leg ready");
  } catch (thrown) {
    const error = causeOf(asRecorderError(thrown), ending, finalising);
    await context.files.settled();
    if (context.isShuttingDown && error.isTransient) {
      context.log.warn({ code: error.code, err: error }, "left for the next start");
    } else if (context.files.all.some(({ file }) => file)) await readyWithout(finalising, last, error, context);
    else await failLeg(finalising, error, context);
  }
}

/**
 * Corrects the end time of a leg whose end was noticed late, for example after a host crash: it ended when the last
 * packet was written.
 */
async function withEndTime(ending: Ending, leg: SpooledLeg, { services: { library } }: LegContext): Promise<Ending> {
  if (byeExpected(ending)) return ending;
  const written = await library.lastWritten(recordersOf(leg)).catch(() => undefined);
  return written && written < ending.at ? { ...ending, at: written } : ending;
}

function finalisingOf(leg: SpooledLeg, ending: Ending): LegIn<"finalising"> {
  const { peerId, metadata, recorderPeerId, mediaConnectionId, ringingAt, recorderId, dialled, beside } = leg;
  return {
    state: "finalising",
    id: leg.id,
    ...{ peerId, metadata, recorderPeerId, mediaConnectionId, ringingAt, recorderId },
    ...(dialled && { dialled }),
    ...(beside && { beside }),
    codecs: leg.codecs ?? USUAL_CODECS,
    tracks: leg.tracks ?? [],
    placedBy: placedBy(leg),
    ...(leg.parts && { parts: leg.parts }),
    startedAt: ("startedAt" in leg && leg.startedAt) || ringingAt,
    endedAt: ending.at.toISOString(),
    reason: reasonOf(ending),
  };
}

/** Must match `trackParts`. */
const placedBy = ({ tracks = [], parts, files }: SpooledLeg): LegIn<"finalising">["placedBy"] =>
  [...allTracks({ tracks, parts }), ...(files ?? []).flatMap(allTracks)].some(({ clock }) => clock)
    ? "clock"
    : "first_packet";

function lastFile(leg: LegIn<"finalising">, { files }: LegContext): ManifestFile {
  const { recorderId, tracks, parts, endedAt, reason } = leg;
  const startedAt = fileStart(leg, files)?.toISOString() ?? endedAt;
  return { recorderId, tracks, ...(parts && { parts }), startedAt, endedAt, reason };
}

function readyOf(leg: LegIn<"finalising">, last: ManifestFile & KeptFile, { files }: LegContext): LegIn<"ready"> {
  const { file, trackFiles, gapSeconds, error } = last;
  const optional = { ...(trackFiles && { trackFiles }), ...(gapSeconds !== undefined && { gapSeconds }) };
  const ready: LegIn<"ready"> = { ...leg, state: "ready", file, ...optional, ...(error && { error }) };
  if (files.all.length === 0) return ready;
  const lost = [...files.all, last].find((one) => one.error);
  return withFiles({ ...ready, ...(lost?.error && { error: lost.error }) }, [...files.all, last]);
}

/** Ends a leg whose last file failed but whose earlier files are stored. */
async function readyWithout(
  leg: LegIn<"finalising">,
  last: ManifestFile,
  error: RecorderError,
  context: LegContext,
): Promise<void> {
  // A call may end directly after a rollover, before the new file has received media.
  if (error.code !== "NO_MEDIA") {
    context.log.error({ code: error.code, hint: error.hint, err: error }, "the leg's last file could not be stored");
    context.files.add({ ...last, error: errorView(error) });
  }
  const { all } = context.files;
  const { file } = all.find((one) => one.file) as ManifestFile & KeptFile;
  const failed = all.find((one) => one.error)?.error;
  await context.write<LegIn<"ready">>({ ...leg, state: "ready", file, ...(failed && { error: failed }) });
}

/** Replaces NO_MEDIA by its cause: the leg never connected, or the dialled peer did not accept the call. */
function causeOf(error: RecorderError, ending: Ending, { dialled }: SpooledLeg): RecorderError {
  if (error.code !== "NO_MEDIA") return error;
  if (ending.reason === "not_connected") return new RecorderError("NOT_CONNECTED");
  return dialled ? new RecorderError(dialErrorCode(reasonOf(ending)), `reason ${reasonOf(ending)}`) : error;
}
