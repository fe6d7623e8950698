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
import { allTracks, recordersOf } from "./parts.ts";
import { fileStart } from "./rolledFile.ts";

/** Legs of which something may be in the spool. */
export type SpooledLeg = LegIn<"connecting" | "recording" | "finalising" | "failed"> &
  Pick<LegIn<"connecting">, "recorderId" | "mediaConnectionId">;

/**
 * Ends the recorder, joins what it wrote, verifies the file, and keeps it. What cannot be kept stays in the spool, and
 * the leg says why. Of a leg that has rolled over this is the last file: it waits for those before. Never throws.
 *
 * @param recorder undefined when its container is gone already.
 */
export async function finishLeg(
  leg: SpooledLeg,
  noticed: Ending,
  recorder: StartedRecorder | undefined,
  context: LegContext,
): Promise<void> {
  const { calls, clock } = context.services;
  const began = clock.now().getTime();
  const ending = await dated(noticed, leg, context);
  const finalising = await context.write(finalisingOf(leg, ending));
  context.log.info({ reason: finalising.reason }, "leg finalising");
  const last = lastFile(finalising, context);
  const { id: legId, peerId, codecs } = finalising;
  try {
    const file = { ...last, number: context.files.current, legId, peerId, codecs };
    const kept = await finishFile(file, ending, recorder, context, async (done) => {
      await context.files.settled();
      await calls.record(context.callId, readyOf(finalising, { ...last, ...done }, context));
    });
    context.log.info({ file: kept.file.name, ms: clock.now().getTime() - began }, "leg ready");
  } catch (thrown) {
    const error = meaningOf(asRecorderError(thrown), ending, finalising);
    await context.files.settled();
    if (context.isShuttingDown && error.isTransient) {
      context.log.warn({ code: error.code, err: error }, "left for the next start");
    } else if (context.files.all.some(({ file }) => file)) await readyWithout(finalising, last, error, context);
    else await failLeg(finalising, error, context);
  }
}

/**
 * What ended unseen, as everything does with its host, has not gone on until somebody found out: it ended when the last
 * packet was written.
 */
async function dated(ending: Ending, leg: SpooledLeg, { services: { library } }: LegContext): Promise<Ending> {
  if (byeExpected(ending)) return ending;
  const written = await library.lastWritten(recordersOf(leg)).catch(() => undefined);
  return written && written < ending.at ? { ...ending, at: written } : ending;
}

function finalisingOf(leg: SpooledLeg, ending: Ending): LegIn<"finalising"> {
  const { peerId, metadata, recorderPeerId, mediaConnectionId, ringingAt, recorderId, dialled } = leg;
  return {
    state: "finalising",
    id: leg.id,
    ...{ peerId, metadata, recorderPeerId, mediaConnectionId, ringingAt, recorderId },
    ...(dialled && { dialled }),
    codecs: leg.codecs ?? USUAL_CODECS,
    tracks: leg.tracks ?? [],
    placedBy: placedBy(leg),
    ...(leg.parts && { parts: leg.parts }),
    startedAt: ("startedAt" in leg && leg.startedAt) || ringingAt,
    endedAt: ending.at.toISOString(),
    reason: reasonOf(ending),
  };
}

/** As `trackParts` does it. */
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

/** The files before are kept all the same. */
async function readyWithout(
  leg: LegIn<"finalising">,
  last: ManifestFile,
  error: RecorderError,
  context: LegContext,
): Promise<void> {
  // A call may end at the very moment at which it goes on in another file.
  if (error.code !== "NO_MEDIA") {
    context.log.error({ code: error.code, hint: error.hint, err: error }, "the leg's last file could not be kept");
    context.files.add({ ...last, error: errorView(error) });
  }
  const { all } = context.files;
  const { file } = all.find((one) => one.file) as ManifestFile & KeptFile;
  const failed = all.find((one) => one.error)?.error;
  await context.write<LegIn<"ready">>({ ...leg, state: "ready", file, ...(failed && { error: failed }) });
}

/** A leg without media that never connected has failed by that; one that we dialled, by what the peer did. */
function meaningOf(error: RecorderError, ending: Ending, { dialled }: SpooledLeg): RecorderError {
  if (error.code !== "NO_MEDIA") return error;
  if (ending.reason === "not_connected") return new RecorderError("NOT_CONNECTED");
  return dialled ? new RecorderError(dialErrorCode(reasonOf(ending)), `reason ${reasonOf(ending)}`) : error;
}
