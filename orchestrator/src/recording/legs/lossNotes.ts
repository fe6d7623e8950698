import type { Kind, ManifestTrack } from "../../archive/library/manifest.ts";
import type { NoteCode } from "../../notes.ts";
import type { NoteFacts } from "./legNotes.ts";
import { counted, mediaPackets } from "./receivedPackets.ts";

export type FoundNote = NoteFacts & { code: NoteCode };

/**
 * What a gateway counted as lost on the way to it, and as received and not forwarded. Empty for gateways without
 * counters.
 *
 * @param tracks of all files and parts of the leg.
 */
export function lossNotes(tracks: readonly ManifestTrack[]): FoundNote[] {
  return (["audio", "video"] as const).flatMap((kind) => {
    const received = mediaPackets(kind, tracks);
    const lost = counted(kind, tracks, "packets_given_up");
    const dropped = counted(kind, tracks, "packets_dropped");
    const notes: FoundNote[] = [];
    if (lost > 0)
      notes.push({ code: "LOST", kind, detail: share(lost, received + lost), ...lostTime(kind, lost, tracks) });
    if (dropped > 0) notes.push({ code: "DROPPED", kind, detail: share(dropped, received) });
    return notes;
  });
}

const share = (some: number, all: number): string => `${some} of ${all} packets`;

/** Only of audio, whose packets all have the same length. */
function lostTime(kind: Kind, lost: number, tracks: readonly ManifestTrack[]): { seconds?: number } {
  const firstMs = Math.min(...tracks.flatMap((track) => (track.kind === kind && track.clock?.firstUnixMs) || []));
  const seconds = (counted(kind, tracks, "last_media_unix_ms") - firstMs) / 1000;
  const packets = counted(kind, tracks, "packets_redirected") + lost;
  return kind === "audio" && seconds > 0 ? { seconds: (seconds * lost) / packets } : {};
}
