import type { TracksReport } from "../gateway/gateway.ts";
import type { ManifestTrack } from "../library/manifest.ts";
import type { AssemblyOrder, Placement } from "../recorders/commands.ts";

/** What the manifest keeps of the gateway's report: tracks that were asked for and have begun, or may yet. */
export function noteTracks(report: TracksReport | undefined): ManifestTrack[] {
  return (report?.tracks ?? []).map(({ kind, clock, counters }) => ({ kind, clock, counters }));
}

/** When the first track began, on the gateway's clock; undefined while none has. */
export function firstMediaAt(tracks: readonly ManifestTrack[]): Date | undefined {
  const starts = tracks.flatMap(({ clock }) => (clock ? [clock.firstUnixMs] : []));
  return starts.length > 0 ? new Date(Math.min(...starts)) : undefined;
}

/** Where each track lies in the file: the first one begins at zero, at the gateway's rate of time. */
export function placements(tracks: readonly ManifestTrack[]): AssemblyOrder["placements"] {
  const start = Math.min(...tracks.flatMap(({ clock }) => (clock ? [clock.firstUnixMs] : [])));
  const placed: Record<"audio" | "video", Placement> = {
    audio: { offsetSeconds: 0, scale: 1 },
    video: { offsetSeconds: 0, scale: 1 },
  };
  for (const { kind, clock } of tracks) {
    if (clock) placed[kind] = { offsetSeconds: (clock.firstUnixMs - start) / 1000, scale: clock.rate };
  }
  return placed;
}
