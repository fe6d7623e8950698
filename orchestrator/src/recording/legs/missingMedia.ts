import type { Kind, RecordingFile } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import type { Ending } from "./ending.ts";
import { type PacketsByKind, packetsAsText } from "./receivedPackets.ts";
import type { FailedTrack } from "./recorderNotes.ts";

/**
 * The error of a file that contains no media at all.
 *
 * @param failed tracks whose recording ended with an error.
 */
export function withoutMedia(
  received: PacketsByKind,
  { reason }: Pick<Ending, "reason">,
  failed: readonly FailedTrack[] = [],
): RecorderError {
  if (Object.keys(received).length === 0 && failed.length === 0) return new RecorderError("NO_MEDIA");
  const details = Object.keys(received).length > 0 ? [`${packetsAsText(received)} arrived`] : [];
  details.push(...failed.map(({ detail }) => detail));
  const detail = details.join(", ");
  return new RecorderError(reason === "recorder_lost" ? "RECORDER_LOST" : "MEDIA_UNREADABLE", detail);
}

/** What is known against a file. */
export interface Shortcomings {
  /** Whether media is missing because a recorder was lost. */
  isLossy: boolean;
  /** Tracks whose recording ended with an error. */
  failed?: readonly FailedTrack[];
  /** Kinds that the file has, and that no decoder can read. */
  unreadable?: readonly Kind[];
}

/**
 * The error of a file that lacks media which was received; undefined if every kind that was received is in it and can
 * be decoded.
 *
 * @param streams of the file, without those that have hardly anything of what was received.
 */
export function lackingMedia(
  { streams }: Pick<RecordingFile, "streams">,
  received: PacketsByKind,
  { isLossy, failed = [], unreadable = [] }: Shortcomings,
): RecorderError | undefined {
  const isMissing = (kind: string) => !streams.some((stream) => stream.kind === kind);
  const missing = Object.entries(received).filter(([kind]) => isMissing(kind));
  // The only sign where the gateway does not count packets.
  const unrecorded = failed.filter(({ kind }) => isMissing(kind) && !(kind in received));
  const details = [
    ...(missing.length > 0 ? [`${packetsAsText(Object.fromEntries(missing))} arrived`] : []),
    ...unrecorded.map(({ detail }) => detail),
  ];
  if (isLossy) {
    return new RecorderError(
      "RECORDER_LOST",
      details.length > 0 ? `all of a kind is missing: ${details.join(", ")}` : undefined,
    );
  }
  const isEmpty = missing.length > 0 && missing.length === Object.keys(received).length;
  const isRefused = failed.some(({ kind, isUnreadable }) => isUnreadable && isMissing(kind));
  if (unreadable.length > 0 || isEmpty || isRefused) {
    details.unshift(...unreadable.map((kind) => `the ${kind} of the file cannot be decoded`));
    return new RecorderError("MEDIA_UNREADABLE", details.join(", "));
  }
  return details.length > 0 ? new RecorderError("MEDIA_INCOMPLETE", details.join(", ")) : undefined;
}
