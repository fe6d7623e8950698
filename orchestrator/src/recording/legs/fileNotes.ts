import type { Kind, RecordingFile } from "../../archive/library/manifest.ts";
import type { FoundNote } from "./lossNotes.ts";
import { firstMediaAt } from "./manifestTracks.ts";
import { allTracks, type PartedLeg } from "./parts.ts";
import { counted } from "./receivedPackets.ts";

/** The last packets may have been delayed by the network, and ffmpeg may leave out the last of all. */
const USUAL_DIFFERENCE_SECONDS = 1.5;
/** Clocks of computers differ by less. */
const CLOCK_DIFFERENCE = 2e-4;
/** ffmpeg may leave out a frame at either end of a track. */
const USUAL_DIFFERENCE_FRAMES = 2;

/** Less than this share of the forwarded frames is as good as nothing … */
const HARDLY_ANY_SHARE = 0.1;
/** … unless there were fewer than this. */
const LEAST_FRAMES_TO_JUDGE = 30;

/** A stored file, and what is known of its recording. */
export interface ComparedFile extends Pick<PartedLeg, "tracks" | "parts"> {
  recording: Pick<RecordingFile, "streams">;
  /** When each track of the file ends, in seconds of the file. */
  ends: Partial<Record<Kind, number>>;
  /** When the recording of the file ended. */
  endedAt: Date;
  /** Whether audio was encoded again: then its packets are others. */
  isTranscoded: boolean;
}

/**
 * Compares a file with what the gateway forwarded to its recorders: the number of pictures and audio packets, and the
 * time until which media arrived. Empty for gateways without counters, and for kinds that the file does not have at all.
 *
 * @param previous the leg's file before this one, if it has rolled over: the gateway counts from the start of the call.
 */
export function fileNotes(file: ComparedFile, previous?: Pick<PartedLeg, "tracks" | "parts">): FoundNote[] {
  return file.recording.streams.flatMap(({ kind, frames }) => {
    const notes: FoundNote[] = [];
    const missing = missingFrames(kind, comparedFrames({ kind, frames }, file, previous));
    if (missing) notes.push({ code: "NOT_IN_FILE", kind, detail: missing });
    const short = shortBy(kind, file);
    if (short) notes.push({ code: "SHORTER", kind, ...short });
    return notes;
  });
}

/**
 * The kinds of which the file has hardly anything, because the program that recorded them could not read it.
 *
 * @param previous as for `fileNotes`.
 */
export function hardlyRecorded(file: ComparedFile, previous?: Pick<PartedLeg, "tracks" | "parts">): Kind[] {
  return file.recording.streams.flatMap(({ kind, frames }) => {
    const compared = comparedFrames({ kind, frames }, file, previous);
    if (!compared || compared.expected < LEAST_FRAMES_TO_JUDGE) return [];
    return compared.inFile < HARDLY_ANY_SHARE * compared.expected ? [kind] : [];
  });
}

/** Pictures, or packets of audio. */
interface ComparedFrames {
  /** What the gateway redirected for this file. */
  redirected: number;
  /** Without what it dropped, which has a note of its own. */
  expected: number;
  inFile: number;
}

/** undefined if the frames of a track cannot be compared with those that were forwarded. */
function comparedFrames(
  { kind, frames }: Pick<RecordingFile["streams"][number], "kind" | "frames">,
  file: ComparedFile,
  previous: Pick<PartedLeg, "tracks" | "parts"> = { tracks: [] },
): ComparedFrames | undefined {
  if (frames === undefined || (kind === "audio" && file.isTranscoded)) return undefined;
  const since = (counter: string) =>
    counted(kind, allTracks(file), counter) - counted(kind, allTracks(previous), counter);
  const redirected = since("frames_redirected");
  return { redirected, expected: redirected - since("packets_dropped"), inFile: frames };
}

/** How many frames are not in the file, as text; undefined for none. */
function missingFrames(kind: Kind, compared: ComparedFrames | undefined): string | undefined {
  if (!compared) return undefined;
  const missing = compared.expected - compared.inFile;
  if (missing <= USUAL_DIFFERENCE_FRAMES) return undefined;
  return `${missing} of ${compared.redirected} ${kind === "video" ? "pictures" : "packets"}`;
}

/** From when on media is missing at the end of a track, and how much. */
function shortBy(kind: Kind, file: ComparedFile): { at: Date; seconds: number } | undefined {
  const tracks = allTracks(file);
  const start = firstMediaAt(tracks)?.getTime();
  const end = file.ends[kind];
  if (start === undefined || end === undefined) return undefined;
  const lastMs = Math.min(counted(kind, tracks, "last_media_unix_ms"), file.endedAt.getTime());
  const length = (lastMs - start) / 1000;
  const seconds = length - end;
  if (seconds <= USUAL_DIFFERENCE_SECONDS + length * CLOCK_DIFFERENCE) return undefined;
  return { at: new Date(start + end * 1000), seconds };
}
