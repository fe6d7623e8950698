import type { Manifest, ManifestTrack } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";

const MEBIBYTE = 1024 * 1024;

/** Limits of a leg; undefined means no limit. */
export interface LegLimits {
  maxConcurrentPerPeer?: number | undefined;
  maxConcurrentPerCall?: number | undefined;
  /** A leg ends after this time without packets. */
  idleSeconds?: number | undefined;
  /** Maximum length of a file; the leg then continues in the next file. */
  maxDurationSeconds?: number | undefined;
  /** Maximum size of a file's received media; the leg then continues in the next file. */
  maxMebibytes?: number | undefined;
}

/** A rollover begins this long before the limit: time to start the next recorder and to receive a keyframe. */
const MARGIN_MS = 6_000;
/** For short limits: the margin is at most this share of the limit. */
const MAX_MARGIN_SHARE = 0.4;

/** Measurements that limits are compared with. */
export interface LegFacts {
  /** Length of the current file. */
  recordedMs: number;
  bytes: number;
  /** Time since the last packet. */
  idleMs: number;
}

/** How far before its limits a file ends, so that the next file begins before they are reached. */
export interface Margin {
  ms: number;
  bytes: number;
}
export const NO_MARGIN: Margin = { ms: 0, bytes: 0 };

export function marginOf({ maxDurationSeconds = 0, maxMebibytes = 0 }: LegLimits, bytesPerMs: number): Margin {
  return {
    ms: Math.min(MARGIN_MS, MAX_MARGIN_SHARE * maxDurationSeconds * 1000),
    bytes: Math.min(MARGIN_MS * bytesPerMs, MAX_MARGIN_SHARE * maxMebibytes * MEBIBYTE),
  };
}

/** The limit that a leg has reached, if any. */
export function reachedLimit(
  limits: LegLimits,
  { recordedMs, bytes, idleMs }: LegFacts,
  margin: Margin,
): "idle" | "max_duration" | "max_size" | undefined {
  const { idleSeconds, maxDurationSeconds, maxMebibytes } = limits;
  if (maxDurationSeconds !== undefined && recordedMs >= maxDurationSeconds * 1000 - margin.ms) return "max_duration";
  if (maxMebibytes !== undefined && bytes >= maxMebibytes * MEBIBYTE - margin.bytes) return "max_size";
  if (idleSeconds !== undefined && idleMs >= idleSeconds * 1000) return "idle";
  return undefined;
}

/** The sum of one of the gateway's counters over all tracks; 0 if the gateway has no such counter. */
export function count(tracks: readonly ManifestTrack[], counter: string): number {
  let sum = 0;
  for (const { counters } of tracks) sum += counters[counter] ?? 0;
  return sum;
}

/**
 * Checks whether a new leg may be recorded; `running` already contains it.
 *
 * @throws RecorderError TOO_MANY_FROM_PEER, TOO_MANY_IN_CALL.
 */
export function admit(
  limits: LegLimits,
  { callId, peerId }: { callId: string; peerId: string },
  running: readonly Manifest[],
  isRunning: (leg: Manifest["legs"][number]) => boolean,
): void {
  const legs = running.flatMap((call) => call.legs.filter(isRunning).map((leg) => ({ callId: call.id, leg })));
  const fromPeer = legs.filter(({ leg }) => leg.peerId === peerId).length;
  const inCall = legs.filter((one) => one.callId === callId).length;
  const { maxConcurrentPerPeer = Number.POSITIVE_INFINITY, maxConcurrentPerCall = Number.POSITIVE_INFINITY } = limits;
  if (fromPeer > maxConcurrentPerPeer) {
    throw new RecorderError("TOO_MANY_FROM_PEER", `the limit is ${maxConcurrentPerPeer}`);
  }
  if (inCall > maxConcurrentPerCall)
    throw new RecorderError("TOO_MANY_IN_CALL", `the limit is ${maxConcurrentPerCall}`);
}
