import type { ManifestFile, RecordingFile } from "../../archive/library/manifest.ts";
import { trackEnds } from "../../archive/library/verify.ts";
import { RecorderError } from "../../errors.ts";
import type { LegId } from "../../ids.ts";
import type { Assembly } from "../recorders/assembly.ts";
import { type Codecs, containerFormat } from "../recorders/codecs.ts";
import type { AssemblyOrder } from "../recorders/commands.ts";
import type { FinishedRecorder, StartedRecorder } from "../recorders/startedRecorder.ts";
import { judgeDecoded } from "./decodedFile.ts";
import { byeExpected, type Ending } from "./ending.ts";
import { errorView } from "./failLeg.ts";
import { fileNotes, hardlyRecorded } from "./fileNotes.ts";
import type { LegContext } from "./legContext.ts";
import { lackingMedia, withoutMedia } from "./missingMedia.ts";
import { codecsWithMedia, recordersOf, trackParts } from "./parts.ts";
import { receivedPackets } from "./receivedPackets.ts";
import { failedTracks, recorderNotes } from "./recorderNotes.ts";
import { retrying } from "./retrying.ts";
import { secondsToEnd } from "./secondsToEnd.ts";

/** Gaps between two parts up to this length are not reported as an error. */
const NOTICED_GAP_SECONDS = 1;

/** A recording whose tracks are still in the spool. */
export interface SpooledFile extends Pick<ManifestFile, "recorderId" | "tracks" | "parts" | "startedAt"> {
  /** Position among the files of its leg, from 1. */
  number: number;
  legId: LegId;
  peerId: string;
  codecs: Codecs;
}

/** A recording that is stored in its call's folder. */
export interface KeptFile extends Pick<ManifestFile, "trackFiles" | "gapSeconds" | "error"> {
  file: RecordingFile;
}

/**
 * Stops the recorder, joins its tracks, verifies the file, moves it into the call's folder, and clears the spool.
 *
 * @param recorder undefined if its container no longer exists.
 * @param record writes the stored files to the manifest; the tracks stay in the spool until it resolves.
 * @throws RecorderError; files that could not be stored are still in the spool.
 */
export async function finishFile(
  file: SpooledFile,
  ending: Ending,
  recorder: StartedRecorder | undefined,
  context: LegContext,
  record: (kept: KeptFile) => Promise<void>,
): Promise<KeptFile> {
  const { clock, library, recorders } = context.services;
  const began = clock.now().getTime();
  const order = assemblyOrder(file, ending, context);
  const finished = recorder && (await endRecorder(recorder, ending, order, context));
  const assemblies = finished?.assembly ? [finished.assembly] : [];
  const kept = await retrying(async () => {
    // Each assembled file can be used for one attempt only, because the attempt moves it.
    const assembly = assemblies.pop() ?? (await recorders.assemble(order));
    for (const { kind, recorderId, isUnreadable } of assembly.absent ?? [])
      if (isUnreadable) context.log.warn({ kind, recorderId }, "ffmpeg cannot read a track; it is not in the file");
    const done = await keep(file, order, { assembly, finished }, ending, context);
    await stored(record(done));
    // Only now: after a crash before this line, the tracks are still available for another attempt.
    for (const one of recordersOf(file)) await library.clearSpool(one);
    return done;
  }, context);
  const { name, bytes } = kept.file;
  context.log.info({ file: name, bytes, ms: clock.now().getTime() - began }, "file ready");
  if (kept.error) {
    const { code, message, hint } = kept.error;
    const recorderOutput = finished && { exitCode: finished.exitCode, stderrTail: finished.stderrTail };
    context.log.warn({ file: name, code, hint, ...recorderOutput }, message);
  }
  return kept;
}

function assemblyOrder(file: SpooledFile, ending: Ending, { callId, services: { form } }: LegContext): AssemblyOrder {
  const { tracks, transcode } = form;
  const { recorderId, legId, number } = file;
  return {
    ...{ recorderId, callId, legId, number, tracks, transcode },
    format: containerFormat(codecsWithMedia(file), form),
    parts: trackParts(file),
    // A gateway is found to be lost seconds after its last packet: nobody knows that the last picture stood until then.
    untilSeconds: ending.reason === "gateway_lost" ? undefined : secondsToEnd(file, ending),
    title: file.peerId,
    startedAt: new Date(file.startedAt),
  };
}

async function endRecorder(
  recorder: StartedRecorder,
  ending: Ending,
  order: AssemblyOrder,
  context: LegContext,
): Promise<FinishedRecorder> {
  const began = context.services.clock.now().getTime();
  const finished = await retrying(() => recorder.finish(byeExpected(ending), order), context);
  const ms = context.services.clock.now().getTime() - began;
  const { exitCode, stderrTail, assembly } = finished;
  // An assembly that failed is repeated by another container; tracks that failed become notes.
  if (exitCode === 0 || assembly) context.log.info({ ms, assembled: assembly !== undefined }, "recorder finished");
  else context.log.warn({ ms, exitCode, stderrTail }, "recorder ended with an error");
  return finished;
}

/** Moves files from the spool into the call's folder. Can be retried after any failure. */
async function keep(
  file: SpooledFile,
  order: AssemblyOrder,
  { assembly, finished }: { assembly: Assembly; finished: FinishedRecorder | undefined },
  ending: Ending,
  context: LegContext,
): Promise<KeptFile> {
  const { probed, gapSeconds, stillFromSeconds } = assembly;
  const { library } = context.services;
  const previous = context.files.all[file.number - 2];
  const received = receivedPackets(file, previous);
  const failed = failedTracks(file, { finished, assembly }, received);
  if (probed === undefined) {
    for (const one of recordersOf(file)) await library.clearSpool(one);
    throw withoutMedia(received, ending, failed);
  }
  const recording = await stored(library.keep(order, probed));
  const trackFiles = order.tracks === "separate" ? await stored(library.keepTracks(order, probed)) : undefined;
  const isLossy = ending.reason === "recorder_lost" || gapSeconds > NOTICED_GAP_SECONDS;
  const ends = { ...trackEnds(probed), ...(stillFromSeconds !== undefined && { video: stillFromSeconds }) };
  const isTranscoded = order.transcode !== "none";
  const compared = { ...file, recording, ends, endedAt: ending.at, isTranscoded };
  const { unreadable, notes: decodingNotes } = judgeDecoded(assembly.decoded ?? [], assembly.opusBits);
  const hardly = hardlyRecorded(compared, previous);
  const streams = recording.streams.filter(({ kind }) => !hardly.includes(kind));
  const error = lackingMedia({ streams }, received, { isLossy, failed, unreadable });
  const notes = [...recorderNotes(failed, finished, ending), ...fileNotes(compared, previous), ...decodingNotes];
  // `file` is the first of several as soon as another one exists.
  const name = context.files.all.length > 0 ? recording.name : undefined;
  for (const { code, ...facts } of notes) context.note(code, { ...facts, file: name });
  return {
    file: recording,
    ...(trackFiles && { trackFiles }),
    ...(file.parts && { gapSeconds }),
    ...(error && { error: errorView(error) }),
  };
}

/** Reports file system errors as STORAGE_UNAVAILABLE, which is transient. */
async function stored<Result>(storing: Promise<Result>): Promise<Result> {
  try {
    return await storing;
  } catch (error) {
    if (error instanceof RecorderError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RecorderError("STORAGE_UNAVAILABLE", reason, { cause: error });
  }
}
