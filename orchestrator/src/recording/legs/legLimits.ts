import type { Manifest, ManifestTrack } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";

const MEBIBYTE = 1024 * 1024;

/** How much one caller may have recorded. What is undefined has no limit. */
export interface LegLimits {
  maxConcurrentPerPeer?: number | undefined;
  maxConcurrentPerCall?: number | undefined;
  /** A leg without any packet for so long ends. */
  idleSeconds?: number | undefined;
  /** A file that is longer ends, and the leg goes on in the next one. */
  maxDurationSeconds?: number | undefined;
  /** The same, of media as it came. */
  maxMebibytes?: number | undefined;
}

/** So long before its limit a file is left: to start the next recorder, and for a keyframe to come. */
const MARGIN_MS = 6_000;
/** Of a limit that is not much longer than that. */
const MAX_MARGIN_SHARE = 0.4;

/** What is known of a leg when it is looked at. */
export interface LegFacts {
  /** Of the file that is being recorded. */
  recordedMs: number;
  bytes: number;
  /** Since the last packet came. */
  idleMs: number;
}

/** What of its limits a file leaves free, for the recording to go on in the next before they are reached. */
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

/** Which limit a leg has reached; undefined for none. */
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

/** The sum of one of the gateway's counters, or 0 where it does not count. */
export function count(tracks: readonly ManifestTrack[], counter: string): number {
  let sum = 0;
  for (const { counters } of tracks) sum += counters[counter] ?? 0;
  return sum;
}

/**
 * Whether another leg may begin: `running` has it already.
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
    throw new RecorderError("TOO_MANY_FROM_PEER", `${maxConcurrentPerPeer} are allowed`);
  }
  if (inCall > maxConcurrentPerCall) throw new RecorderError("TOO_MANY_IN_CALL", `${maxConcurrentPerCall} are allowed`);
}
