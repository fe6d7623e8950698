import type { RecordingFile } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";
import type { Ending } from "./ending.ts";
import { type PacketsByKind, packetsAsText } from "./receivedPackets.ts";

/** The error of a file that contains no media at all. */
export function withoutMedia(received: PacketsByKind, { reason }: Pick<Ending, "reason">): RecorderError {
  if (Object.keys(received).length === 0) return new RecorderError("NO_MEDIA");
  const detail = `${packetsAsText(received)} arrived`;
  return new RecorderError(reason === "recorder_lost" ? "RECORDER_LOST" : "MEDIA_UNREADABLE", detail);
}

/**
 * The error of a file that lacks media which was received; undefined if it contains every kind that was received.
 *
 * @param isLossy whether media is missing because a recorder was lost.
 */
export function lackingMedia(
  { streams }: Pick<RecordingFile, "streams">,
  received: PacketsByKind,
  isLossy: boolean,
): RecorderError | undefined {
  const missing = Object.entries(received).filter(([kind]) => !streams.some((stream) => stream.kind === kind));
  const detail = missing.length > 0 ? `${packetsAsText(Object.fromEntries(missing))} arrived` : undefined;
  if (isLossy) return new RecorderError("RECORDER_LOST", detail && `all of a kind is missing: ${detail}`);
  return detail === undefined ? undefined : new RecorderError("MEDIA_INCOMPLETE", detail);
}
