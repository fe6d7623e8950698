import type { Pair } from "./pairs.ts";
import { fitLine, median, quantile } from "./statistics.ts";

export interface Offsets {
  pairs: number;
  medianMs: number;
  /** 95th percentile of the distance from zero. */
  p95Ms: number;
  driftMsPerMinute: number;
  /** For each pair: its time in the file in seconds, and its offset in milliseconds. */
  points: readonly (readonly [number, number])[];
}

/** Offsets of the sound relative to the pattern itself, or to the same pairs at another receiver. */
export function offsetsOf(pairs: readonly Pair[], reference?: readonly Pair[]): Offsets | undefined {
  const known = reference && new Map(reference.map(({ number, offsetMs }) => [number, offsetMs]));
  const points = pairs.flatMap(({ number, flashSeconds, offsetMs }): [number, number][] => {
    const due = known ? known.get(number) : 0;
    return due === undefined ? [] : [[flashSeconds, offsetMs - due]];
  });
  if (points.length === 0) return undefined;
  const offsets = points.map(([, offset]) => offset);
  const distances = offsets.map(Math.abs).sort((a, b) => a - b);
  return {
    pairs: points.length,
    medianMs: median(offsets),
    p95Ms: quantile(distances, 0.95),
    driftMsPerMinute: 60 * fitLine(points).slope,
    points,
  };
}
