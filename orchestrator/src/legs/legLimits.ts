import { RecorderError } from "../errors.ts";
import type { Manifest, ManifestTrack } from "../library/manifest.ts";
import type { EndReason } from "./ending.ts";

const MEBIBYTE = 1024 * 1024;

/** How much one caller may have recorded. What is undefined has no limit. */
export interface LegLimits {
  maxConcurrentPerPeer?: number | undefined;
  maxConcurrentPerCall?: number | undefined;
  /** A leg without any packet for so long ends. */
  idleSeconds?: number | undefined;
  maxDurationSeconds?: number | undefined;
  /** Of media, as it came. */
  maxMebibytes?: number | undefined;
}

/** What is known of a leg when it is looked at. */
export interface LegFacts {
  recordedMs: number;
  /** Since the last packet came. */
  idleMs: number;
  tracks: readonly ManifestTrack[];
}

/** Which limit a leg has reached; undefined for none. */
export function reachedLimit(limits: LegLimits, { recordedMs, idleMs, tracks }: LegFacts): EndReason | undefined {
  const { idleSeconds, maxDurationSeconds, maxMebibytes } = limits;
  if (maxDurationSeconds !== undefined && recordedMs >= maxDurationSeconds * 1000) return "max_duration";
  if (maxMebibytes !== undefined && count(tracks, "bytes_redirected") >= maxMebibytes * MEBIBYTE) return "max_size";
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
