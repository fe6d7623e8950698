import { availableParallelism, totalmem } from "node:os";

/** Legs of 0.8 Mbit/s that a core records without loss, with room for peaks and jobs; docs/performance.md has figures. */
const RECORDERS_PER_CORE = 20;
/** Memory that a leg takes in all services together. */
const BYTES_PER_RECORDER = 16 * 1024 * 1024;
/** The rest is for the bundle itself, and for jobs. */
const MEMORY_SHARE = 0.5;
/** The highest configurable limit. */
export const MOST_RECORDERS = 1_000;

/**
 * How many legs a host records at the same time, unless the operator sets `maxConcurrentRecorders`.
 *
 * @param cores of this host by default.
 * @param memoryBytes of this host by default.
 */
export function defaultRecorderLimit(cores = availableParallelism(), memoryBytes = totalmem()): number {
  const byMemory = Math.floor((memoryBytes * MEMORY_SHARE) / BYTES_PER_RECORDER);
  return Math.max(1, Math.min(cores * RECORDERS_PER_CORE, byMemory, MOST_RECORDERS));
}
