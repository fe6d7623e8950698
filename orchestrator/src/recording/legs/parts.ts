import type { Kind, ManifestLeg, ManifestPart, ManifestTrack } from "../../archive/library/manifest.ts";
import type { RecorderId } from "../../ids.ts";
import type { Codecs } from "../recorders/codecs.ts";
import type { TrackPart } from "../recorders/commands.ts";

const TIMESTAMPS = 2 ** 32;

/** A leg or file that may have tracks in the spool. */
export interface PartedLeg {
  recorderId: RecorderId;
  codecs: Codecs;
  tracks: readonly ManifestTrack[];
  parts?: readonly ManifestPart[] | undefined;
}

/** All recorders of a file, in the order of its parts. */
export function recordersOf({ parts, recorderId }: Pick<PartedLeg, "parts" | "recorderId">): RecorderId[] {
  return [...(parts ?? []).map((part) => part.recorderId), recorderId];
}

/** All recorders of a leg, for all of its files. */
export function allRecordersOf(leg: ManifestLeg): RecorderId[] {
  if (!("recorderId" in leg) || leg.recorderId === undefined) return [];
  const { recorderId, parts, files = [] } = leg;
  const all = [...(files ?? []).flatMap(recordersOf), ...recordersOf({ recorderId, parts })];
  if ("next" in leg && leg.next) all.push(leg.next.recorderId);
  return [...new Set(all)];
}

/** The tracks of all parts of a leg, in the order of the parts. */
export function allTracks({ parts = [], tracks }: Pick<PartedLeg, "parts" | "tracks">): ManifestTrack[] {
  return [...(parts ?? []).flatMap((part) => part.tracks), ...tracks];
}

/** The codecs of the kinds that have begun; all of them if the gateway does not report it. */
export function codecsWithMedia(leg: PartedLeg): Codecs {
  const begun = new Set(allTracks(leg).flatMap(({ kind, clock }) => (clock ? [kind] : [])));
  if (begun.size === 0) return leg.codecs;
  return {
    ...(begun.has("audio") && { audio: leg.codecs.audio }),
    ...(begun.has("video") && { video: leg.codecs.video }),
  };
}

/**
 * The position of each part of each track in the file. The first track begins at zero; times are on the gateway's
 * clock. Within a track, the distance between parts is computed from the sender's RTP timestamps, so it is exact to the
 * sample.
 */
export function trackParts(leg: PartedLeg): TrackPart[] {
  const all = [...(leg.parts ?? []), { recorderId: leg.recorderId, tracks: leg.tracks }];
  const starts = allTracks(leg).flatMap(({ clock }) => (clock ? [clock.firstUnixMs] : []));
  const startMs = starts.length > 0 ? Math.min(...starts) : 0;
  return (["audio", "video"] as const).flatMap((kind) =>
    withoutRepeated(placed(kind, all, startMs, leg.codecs[kind]?.samplingRate)),
  );
}

/** Drops a part whose recorder was lost soon after its start, if the next part contains all of its media. */
function withoutRepeated(parts: TrackPart[]): TrackPart[] {
  return parts.filter(
    ({ offsetSeconds }, index) => !parts.slice(index + 1).some((later) => later.offsetSeconds <= offsetSeconds),
  );
}

function placed(
  kind: Kind,
  parts: readonly { recorderId: RecorderId; tracks: readonly ManifestTrack[] }[],
  startMs: number,
  samplingRate: number | undefined,
): TrackPart[] {
  let base: { clock: NonNullable<ManifestTrack["clock"]>; offsetSeconds: number } | undefined;
  return parts.flatMap(({ recorderId, tracks }) => {
    const clock = tracks.find((track) => track.kind === kind)?.clock;
    // The official gateway reports no clock: tracks are not moved.
    if (!clock) return parts.length === 1 ? [{ kind, recorderId, offsetSeconds: 0, scale: 1 }] : [];
    const seconds = base && samplingRate ? secondsBetween(base.clock, clock, samplingRate) : undefined;
    const scale = base?.clock.rate ?? clock.rate;
    const offsetSeconds =
      base && seconds !== undefined ? base.offsetSeconds + seconds * scale : (clock.firstUnixMs - startMs) / 1000;
    base ??= { clock, offsetSeconds };
    return [{ kind, recorderId, offsetSeconds, scale }];
  });
}

/** Seconds on the sender's clock. RTP timestamps wrap around; the gateway's clock tells how many times. */
function secondsBetween(
  from: NonNullable<ManifestTrack["clock"]>,
  to: NonNullable<ManifestTrack["clock"]>,
  samplingRate: number,
): number | undefined {
  if (from.firstRtpTimestamp === undefined || to.firstRtpTimestamp === undefined) return undefined;
  const about = ((to.firstUnixMs - from.firstUnixMs) / 1000 / from.rate) * samplingRate;
  const units = to.firstRtpTimestamp - from.firstRtpTimestamp;
  return (units + Math.round((about - units) / TIMESTAMPS) * TIMESTAMPS) / samplingRate;
}
