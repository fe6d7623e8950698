import type { TimedFrame } from "./decode.ts";
import { FLASH_EVERY_FRAMES } from "./pattern.ts";

/** Maximum distance of a flash and a beep that form a pair. */
const PAIR_LIMIT_SECONDS = 0.45;

/** One flash and its beep. */
export interface Pair {
  /** Number of the flash; the same at every receiver of the same pattern. */
  number: number;
  flashSeconds: number;
  /** Beep minus flash, in milliseconds: positive if the sound is late. */
  offsetMs: number;
}

/**
 * Finds flashes by the counter of their first frame; without that frame there is no pair.
 *
 * @param beeps start times in seconds, on the same clock as the frames.
 */
export function findPairs(frames: readonly TimedFrame[], beeps: readonly number[]): Pair[] {
  return frames.flatMap(({ counter, flash, seconds }) => {
    if (counter === undefined || counter % FLASH_EVERY_FRAMES !== 0 || !flash) return [];
    const beep = beeps.reduce((best, at) => (Math.abs(at - seconds) < Math.abs(best - seconds) ? at : best), Infinity);
    if (Math.abs(beep - seconds) > PAIR_LIMIT_SECONDS) return [];
    return [{ number: counter / FLASH_EVERY_FRAMES, flashSeconds: seconds, offsetMs: 1000 * (beep - seconds) }];
  });
}
