import type { Kind, ManifestTrack } from "../../archive/library/manifest.ts";
import { count } from "./legLimits.ts";
import { allTracks, type PartedLeg } from "./parts.ts";

/** Numbers of packets; a kind without packets is not included. */
export type PacketsByKind = Partial<Record<Kind, number>>;

/**
 * The packets of each negotiated kind that the gateway received while a file was recorded, without duplicates and
 * padding. Empty if the gateway does not count packets (Janus, the official gateway).
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
    const received = mediaPackets(kind, allTracks(file)) - mediaPackets(kind, allTracks(previous));
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

/** Packets of media that were received up to the last of these tracks. */
export function mediaPackets(kind: Kind, tracks: readonly ManifestTrack[]): number {
  return newest(kind, tracks, packetsOf);
}

/** The value of a counter of the gateway at the last of these tracks; 0 if it has no such counter. */
export function counted(kind: Kind, tracks: readonly ManifestTrack[], counter: string): number {
  return newest(kind, tracks, (track) => count([track], counter));
}

/** Each part's counters include those of the parts before it. */
function newest(kind: Kind, tracks: readonly ManifestTrack[], value: (track: ManifestTrack) => number): number {
  return Math.max(0, ...tracks.filter((track) => track.kind === kind).map(value));
}

/** Padding only probes for bandwidth. Packets that arrived more than once are no further media. */
export function packetsOf(track: ManifestTrack): number {
  const [received, duplicate, padding] = ["packets_received", "packets_duplicate", "packets_padding"].map((counter) =>
    count([track], counter),
  ) as [number, number, number];
  return received - duplicate - padding;
}
