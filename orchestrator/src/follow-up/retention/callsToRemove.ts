import type { CallId } from "../../ids.ts";

/** A call on the volume. */
export interface StoredCall {
  id: CallId;
  bytes: number;
  /** When its last leg ended; undefined for a call that must not be removed. */
  endedMs: number | undefined;
}

/** 0 means no limit. */
export interface RetentionLimits {
  days: number;
  gigabytes: number;
}

export interface Removable extends StoredCall {
  why: "age" | "size";
}

const DAY_MS = 24 * 60 * 60_000;
const GIGABYTE = 1e9;

/** Selects the calls to remove: those that are too old, then the oldest until the others fit. Oldest first. */
export function callsToRemove(
  stored: readonly StoredCall[],
  { days, gigabytes }: RetentionLimits,
  now: Date,
): Removable[] {
  const oldestFirst = stored.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const oldest = days > 0 ? now.getTime() - days * DAY_MS : Number.NEGATIVE_INFINITY;
  let excess = gigabytes > 0 ? stored.reduce((sum, { bytes }) => sum + bytes, 0) - gigabytes * GIGABYTE : 0;
  const removable: Removable[] = [];
  const take = (call: StoredCall, why: Removable["why"]) => {
    removable.push({ ...call, why });
    excess -= call.bytes;
  };
  const candidates = oldestFirst.filter(({ endedMs }) => endedMs !== undefined);
  const isTooOld = ({ endedMs = now.getTime() }: StoredCall) => endedMs < oldest;
  for (const call of candidates.filter(isTooOld)) take(call, "age");
  for (const call of candidates) if (excess > 0 && !isTooOld(call)) take(call, "size");
  return removable.sort((a, b) => (a.id < b.id ? -1 : 1));
}
