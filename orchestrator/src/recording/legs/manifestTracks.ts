import type { ManifestTrack } from "../../archive/library/manifest.ts";
import type { TracksReport } from "../gateway/gateway.ts";
import type { Codecs } from "../recorders/codecs.ts";

/** Smaller clock changes are not relevant for a recording. */
const SAME_START_MS = 1;
const SAME_RATE = 1e-6;

/** The part of the gateway's report that goes into the manifest: one track of each recorded kind. */
export function manifestTracks(report: TracksReport, recorded: Codecs): ManifestTrack[] {
  return (["audio", "video"] as const).flatMap((kind) => {
    const ofKind = report.tracks.filter((track) => recorded[kind] && track.kind === kind);
    const track = ofKind.find(({ clock }) => clock !== null) ?? ofKind[0];
    return track ? [{ kind, clock: track.clock, counters: track.counters }] : [];
  });
}

/** Whether the manifest must be rewritten. Counters are ignored: they change all the time. */
export function tracksChanged(before: readonly ManifestTrack[], now: readonly ManifestTrack[]): boolean {
  return now.some(({ kind, clock }) => {
    const known = before.find((track) => track.kind === kind)?.clock ?? null;
    if (!clock || !known) return clock !== known;
    return (
      clock.source !== known.source ||
      Math.abs(clock.firstUnixMs - known.firstUnixMs) > SAME_START_MS ||
      Math.abs(clock.rate - known.rate) > SAME_RATE
    );
  });
}

/** When the first track began, on the gateway's clock; undefined if none has. */
export function firstMediaAt(tracks: readonly ManifestTrack[]): Date | undefined {
  const start = earliest(tracks);
  return start === undefined ? undefined : new Date(start);
}

function earliest(tracks: readonly ManifestTrack[]): number | undefined {
  const starts = tracks.flatMap(({ clock }) => (clock ? [clock.firstUnixMs] : []));
  return starts.length > 0 ? Math.min(...starts) : undefined;
}
