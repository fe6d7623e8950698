import type { EndedTrack } from "../recorders/events.ts";
import type { FinishedRecorder } from "../recorders/startedRecorder.ts";
import type { Ending } from "./ending.ts";
import type { FoundNote } from "./lossNotes.ts";
import type { PartedLeg } from "./parts.ts";
import type { PacketsByKind } from "./receivedPackets.ts";

/**
 * The tracks whose recording ended with an error. A track that received nothing is not among them, because ffmpeg
 * calls that an error too. Without counters of the gateway, a track without media is taken for one that received nothing.
 *
 * @param received the packets that the gateway counted for the file.
 */
export function failedTracks(
  { tracks }: Pick<PartedLeg, "tracks">,
  finished: Pick<FinishedRecorder, "ended"> | undefined,
  received: PacketsByKind,
): EndedTrack[] {
  return (finished?.ended ?? []).filter(({ kind, code, isEmpty }) => {
    const isCounted = tracks.some((track) => track.kind === kind && "packets_received" in track.counters);
    return code !== 0 && (isCounted ? kind in received : !isEmpty);
  });
}

/** What the ends of a recorder and its tracks tell about a file. */
export function recorderNotes(
  failed: readonly EndedTrack[],
  finished: Pick<FinishedRecorder, "ended" | "exitCode"> | undefined,
  { reason }: Pick<Ending, "reason">,
): FoundNote[] {
  if (failed.length > 0) return failed.map(({ kind, code }) => ({ code: "RECORDER_FAILED", kind, detail: exit(code) }));
  // It was killed before its tracks had ended. RECORDER_LOST tells the same of a call that could not continue.
  const wasKilled = finished?.exitCode !== undefined && finished.exitCode > SIGNALS && finished.ended.length === 0;
  if (!wasKilled || reason === "recorder_lost") return [];
  return [{ code: "RECORDER_FAILED", detail: exit(finished?.exitCode as number) }];
}

/** Exit codes of programs that a signal ended are above it. */
const SIGNALS = 128;

const exit = (code: number): string => `exit code ${code}`;
