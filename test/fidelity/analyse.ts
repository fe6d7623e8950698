import { findBeeps } from "./beeps.ts";
import { decodeFrames, decodeSound, packetTimes, type TimedFrame } from "./decode.ts";

/** A flash and a beep further apart than this are not a pair. */
const PAIR_LIMIT_SECONDS = 0.45;
/** A pause between two audio packets that a player would hear. */
const AUDIO_GAP_SECONDS = 0.045;

export interface Offsets {
  pairs: number;
  /** Beep minus flash, in milliseconds: positive where sound is late. */
  medianMs: number;
  /** 95th percentile of the distance from zero. */
  p95Ms: number;
  driftMsPerMinute: number;
}

export interface FidelityReport {
  frames: number;
  unreadableFrames: number;
  /** Counters between the first and the last that are not there. */
  missingCounters: number;
  repeatedCounters: number;
  longestFreezeMs: number;
  audioPackets: number;
  audioGaps: number;
  longestAudioGapMs: number;
  videoStartSeconds: number;
  audioStartSeconds: number;
  durationSeconds: number;
  offsets: Offsets | undefined;
}

/** Everything that the instrument can say about a recording of the pattern. */
export async function analyse(path: string): Promise<FidelityReport> {
  const [frames, sound, audioTimes] = [
    await decodeFrames(path),
    await decodeSound(path),
    await packetTimes(path, "a:0"),
  ];
  const counters = frames.flatMap(({ counter }) => (counter === undefined ? [] : [counter]));
  const videoTimes = frames.map(({ seconds }) => seconds);
  const audioGaps = steps(audioTimes).filter((step) => step > AUDIO_GAP_SECONDS);
  return {
    frames: frames.length,
    unreadableFrames: frames.length - counters.length,
    ...continuity(counters),
    longestFreezeMs: 1000 * Math.max(0, ...steps(videoTimes)),
    audioPackets: audioTimes.length,
    audioGaps: audioGaps.length,
    longestAudioGapMs: 1000 * Math.max(0, ...audioGaps),
    videoStartSeconds: videoTimes[0] ?? Number.NaN,
    audioStartSeconds: audioTimes[0] ?? Number.NaN,
    durationSeconds: Math.max(videoTimes.at(-1) ?? 0, audioTimes.at(-1) ?? 0),
    offsets: offsetsOf(findFlashes(frames), findBeeps(sound)),
  };
}

/** When each flash is first seen. */
export function findFlashes(frames: readonly TimedFrame[]): number[] {
  return frames.flatMap(({ flash, seconds }, index) => (flash && frames[index - 1]?.flash === false ? [seconds] : []));
}

export function offsetsOf(flashes: readonly number[], beeps: readonly number[]): Offsets | undefined {
  const pairs = flashes.flatMap((flash) => {
    const beep = beeps.reduce((best, one) => (Math.abs(one - flash) < Math.abs(best - flash) ? one : best), Infinity);
    return Math.abs(beep - flash) < PAIR_LIMIT_SECONDS ? [{ at: flash, ms: (beep - flash) * 1000 }] : [];
  });
  if (pairs.length === 0) return undefined;
  const offsets = pairs.map(({ ms }) => ms).sort((a, b) => a - b);
  const distances = offsets.map(Math.abs).sort((a, b) => a - b);
  return {
    pairs: pairs.length,
    medianMs: quantile(offsets, 0.5),
    p95Ms: quantile(distances, 0.95),
    driftMsPerMinute: 60 * slope(pairs.map(({ at, ms }) => [at, ms])),
  };
}

/** The page counts up by one for each frame; 16 bits wrap after half an hour. */
function continuity(counters: readonly number[]): { missingCounters: number; repeatedCounters: number } {
  let missingCounters = 0;
  let repeatedCounters = 0;
  counters.forEach((counter, index) => {
    const previous = counters[index - 1];
    if (previous === undefined) return;
    const step = (counter - previous) & 0xffff;
    if (step === 0) repeatedCounters += 1;
    else missingCounters += step - 1;
  });
  return { missingCounters, repeatedCounters };
}

function steps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const [low = Number.NaN, high = low] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  return low + (high - low) * (position - Math.floor(position));
}

/** Least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / spread;
}
