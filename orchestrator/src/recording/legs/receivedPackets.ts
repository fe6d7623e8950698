import type { Kind, ManifestTrack } from "../../archive/library/manifest.ts";
import { count } from "./legLimits.ts";
import { allTracks, type PartedLeg } from "./parts.ts";

/** Numbers of packets; a kind without packets is not included. */
export type PacketsByKind = Partial<Record<Kind, number>>;

/**
 * The packets of each negotiated kind that the gateway received while a file was recorded, without duplicates. Empty if
 * the gateway does not count packets (Janus, the official gateway).
 *
 * @param previous the leg's file before this one, if it has rolled over: the gateway counts from the start of the call.
 */
export function receivedPackets(
  file: Pick<PartedLeg, "codecs" | "tracks" | "parts">,
  previous: Pick<PartedLeg, "tracks" | "parts"> = { tracks: [] },
): PacketsByKind {
  const packets: PacketsByKind = {};
  for (const kind of ["audio", "video"] as const) {
    if (!file.codecs[kind]) continue;
    const received = total(kind, allTracks(file)) - total(kind, allTracks(previous));
    if (received > 0) packets[kind] = received;
  }
  return packets;
}

/** For messages: `161 packets of audio, 30 packets of video`. */
export function packetsAsText(packets: PacketsByKind): string {
  return Object.entries(packets)
    .map(([kind, number]) => `${number} ${number === 1 ? "packet" : "packets"} of ${kind}`)
    .join(", ");
}

/** Each part's counters include those of the parts before it. */
function total(kind: Kind, tracks: readonly ManifestTrack[]): number {
  const totals = tracks
    .filter((track) => track.kind === kind)
    .map((track) => count([track], "packets_received") - count([track], "packets_duplicate"));
  return Math.max(0, ...totals);
}
