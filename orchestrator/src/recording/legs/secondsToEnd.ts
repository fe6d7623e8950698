import { type Ending, senderWasGone } from "./ending.ts";
import { firstMediaAt } from "./manifestTracks.ts";
import { allTracks, type PartedLeg } from "./parts.ts";
import { counted } from "./receivedPackets.ts";

const KINDS = ["audio", "video"] as const;
const SIGNS = ["last_media_unix_ms", "last_report_unix_ms"];

/**
 * From the start of a file to the end of the call. A picture that does not change is sent once, and stands until then. If
 * the sender was gone before the end was noticed, its last media or sender report counts.
 *
 * @returns seconds; undefined if it is unknown.
 */
export function secondsToEnd(file: Pick<PartedLeg, "parts" | "tracks">, ending: Ending): number | undefined {
  const tracks = allTracks(file);
  const start = firstMediaAt(tracks)?.getTime();
  if (start === undefined) return undefined;
  const heard = KINDS.flatMap((kind) => SIGNS.map((sign) => counted(kind, tracks, sign)));
  const endMs = senderWasGone(ending) ? Math.min(Math.max(...heard), ending.at.getTime()) : ending.at.getTime();
  return endMs > start ? (endMs - start) / 1000 : undefined;
}
