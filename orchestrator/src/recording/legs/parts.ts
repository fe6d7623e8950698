import type { Kind, ManifestLeg, ManifestPart, ManifestTrack } from "../../archive/library/manifest.ts";
import type { RecorderId } from "../../ids.ts";
import type { Codecs } from "../recorders/codecs.ts";
import type { TrackPart } from "../recorders/commands.ts";

const TIMESTAMPS = 2 ** 32;

/** What is known of a leg once something of it may be in the spool. */
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

/** All recorders of a leg, of whatever file. */
export function allRecordersOf(leg: ManifestLeg): RecorderId[] {
  if (!("recorderId" in leg) || leg.recorderId === undefined) return [];
  const { recorderId, parts, files = [] } = leg;
  const all = [...(files ?? []).flatMap(recordersOf), ...recordersOf({ recorderId, parts })];
  if ("next" in leg && leg.next) all.push(leg.next.recorderId);
  return [...new Set(all)];
}

/** Tracks of all parts of a leg, in the order of the parts. */
export function allTracks({ parts = [], tracks }: Pick<PartedLeg, "parts" | "tracks">): ManifestTrack[] {
  return [...(parts ?? []).flatMap((part) => part.tracks), ...tracks];
}

/**
 * Where each part of each track lies in the file: the first one begins at zero, at the gateway's rate of time. Within a
 * track it is the sender's own count that says how far its parts lie apart, so that they fit to the sample.
 */
export function trackParts(leg: PartedLeg): TrackPart[] {
  const all = [...(leg.parts ?? []), { recorderId: leg.recorderId, tracks: leg.tracks }];
  const starts = allTracks(leg).flatMap(({ clock }) => (clock ? [clock.firstUnixMs] : []));
  const startMs = starts.length > 0 ? Math.min(...starts) : 0;
  return (["audio", "video"] as const).flatMap((kind) =>
    withoutRepeated(placed(kind, all, startMs, leg.codecs[kind]?.samplingRate)),
  );
}

/** A recorder that is lost soon after it began: whoever took over was told all that it had, and more. */
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
    // A gateway that cannot tell, the official one, leaves tracks where they are.
    if (!clock) return parts.length === 1 ? [{ kind, recorderId, offsetSeconds: 0, scale: 1 }] : [];
    const seconds = base && samplingRate ? secondsBetween(base.clock, clock, samplingRate) : undefined;
    const scale = base?.clock.rate ?? clock.rate;
    const offsetSeconds =
      base && seconds !== undefined ? base.offsetSeconds + seconds * scale : (clock.firstUnixMs - startMs) / 1000;
    base ??= { clock, offsetSeconds };
    return [{ kind, recorderId, offsetSeconds, scale }];
  });
}

/** Of the sender's clock. Its count wraps around; how often in between the gateway's clock tells. */
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
