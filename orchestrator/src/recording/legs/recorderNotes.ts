import type { Kind } from "../../archive/library/manifest.ts";
import type { Assembly } from "../recorders/assembly.ts";
import { isUnreadable } from "../recorders/refusal.ts";
import type { FinishedRecorder } from "../recorders/startedRecorder.ts";
import type { Ending } from "./ending.ts";
import type { FoundNote } from "./lossNotes.ts";
import type { PartedLeg } from "./parts.ts";
import type { PacketsByKind } from "./receivedPackets.ts";

/** A track that received media which is not, or not all, in the file. */
export interface FailedTrack {
  kind: Kind;
  /** For messages. */
  detail: string;
  /** Whether ffmpeg refused the media itself. */
  isUnreadable: boolean;
}

/** Exit codes of programs that a signal ended are above it. */
const SIGNALS = 128;

/**
 * The tracks whose recording ended with an error, and those that could not be read when the file was assembled. A track
 * that received nothing is not among them, because ffmpeg calls that an error too. Without counters of the gateway, a
 * track without media is taken for one that received nothing.
 *
 * @param received the packets that the gateway counted for the file.
 */
export function failedTracks(
  { tracks }: Pick<PartedLeg, "tracks">,
  { finished, assembly }: { finished: Pick<FinishedRecorder, "ended"> | undefined; assembly: Pick<Assembly, "absent"> },
  received: PacketsByKind,
): FailedTrack[] {
  const ended = (finished?.ended ?? []).filter(({ kind, code, isEmpty }) => {
    const isCounted = tracks.some((track) => track.kind === kind && "packets_received" in track.counters);
    return code !== 0 && (isCounted ? kind in received : !isEmpty);
  });
  const unreadable = (assembly.absent ?? []).filter(({ isUnreadable }) => isUnreadable);
  return [
    ...ended.map(({ kind, code }) => ({
      kind,
      detail: `the recorder of ${kind} ended with exit code ${code}`,
      isUnreadable: isUnreadable(code),
    })),
    ...unreadable.map(({ kind }) => ({
      kind,
      detail: `ffmpeg cannot read what was recorded of ${kind}`,
      isUnreadable: true,
    })),
  ];
}

/** What the ends of a recorder and its tracks tell about a file. */
export function recorderNotes(
  failed: readonly FailedTrack[],
  finished: Pick<FinishedRecorder, "ended" | "exitCode"> | undefined,
  { reason }: Pick<Ending, "reason">,
): FoundNote[] {
  if (failed.length > 0) return failed.map(({ kind, detail }) => ({ code: "RECORDER_FAILED", kind, detail }));
  // It was killed before its tracks had ended. RECORDER_LOST tells the same of a call that could not continue.
  const wasKilled = finished?.exitCode !== undefined && finished.exitCode > SIGNALS && finished.ended.length === 0;
  if (!wasKilled || reason === "recorder_lost") return [];
  return [{ code: "RECORDER_FAILED", detail: `exit code ${finished?.exitCode}` }];
}
