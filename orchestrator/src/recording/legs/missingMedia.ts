import type { RecordingFile } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import type { EndedTrack } from "../recorders/events.ts";
import type { Ending } from "./ending.ts";
import { type PacketsByKind, packetsAsText } from "./receivedPackets.ts";

/**
 * The error of a file that contains no media at all.
 *
 * @param failed tracks whose recording ended with an error.
 */
export function withoutMedia(
  received: PacketsByKind,
  { reason }: Pick<Ending, "reason">,
  failed: readonly EndedTrack[] = [],
): RecorderError {
  if (Object.keys(received).length === 0 && failed.length === 0) return new RecorderError("NO_MEDIA");
  const details = Object.keys(received).length > 0 ? [`${packetsAsText(received)} arrived`] : [];
  for (const { kind, code } of failed) details.push(exitText(kind, code));
  const detail = details.join(", ");
  return new RecorderError(reason === "recorder_lost" ? "RECORDER_LOST" : "MEDIA_UNREADABLE", detail);
}

/**
 * The error of a file that lacks media which was received; undefined if it contains every kind that was received.
 *
 * @param isLossy whether media is missing because a recorder was lost.
 * @param failed tracks whose recording ended with an error.
 */
export function lackingMedia(
  { streams }: Pick<RecordingFile, "streams">,
  received: PacketsByKind,
  isLossy: boolean,
  failed: readonly EndedTrack[] = [],
): RecorderError | undefined {
  const isMissing = (kind: string) => !streams.some((stream) => stream.kind === kind);
  const missing = Object.entries(received).filter(([kind]) => isMissing(kind));
  // The only sign where the gateway does not count packets.
  const unrecorded = failed.filter(({ kind }) => isMissing(kind) && !(kind in received));
  const details = [
    ...(missing.length > 0 ? [`${packetsAsText(Object.fromEntries(missing))} arrived`] : []),
    ...unrecorded.map(({ kind, code }) => exitText(kind, code)),
  ];
  const detail = details.length > 0 ? details.join(", ") : undefined;
  if (isLossy) return new RecorderError("RECORDER_LOST", detail && `all of a kind is missing: ${detail}`);
  return detail === undefined ? undefined : new RecorderError("MEDIA_INCOMPLETE", detail);
}

const exitText = (kind: string, code: number): string => `the recorder of ${kind} ended with exit code ${code}`;
