import { SAMPLE_RATE } from "./decode.ts";
import { BEEP_HERTZ } from "./pattern.ts";

const STEP_SAMPLES = 48; // 1 ms
const WINDOW_SAMPLES = 240; // 5 ms: five periods of the beep
const SHORTEST_PAUSE_SECONDS = 0.3;
/** A beep begins where the level of the window is half of the beep's level. */
const ONSET_LEVEL = 0.5;
const LOUD_SHARE = 0.25;

/** Start times of all beeps, in seconds from the first sample. */
export function findBeeps(samples: Float32Array): number[] {
  const levels = toneLevels(samples);
  const loudest = levels.reduce((most, level) => Math.max(most, level), 0);
  if (loudest < 1e-3) return [];
  const onsets: number[] = [];
  let lastLoud = Number.NEGATIVE_INFINITY;
  levels.forEach((level, step) => {
    if (level < loudest * LOUD_SHARE) return;
    const seconds = (step * STEP_SAMPLES) / SAMPLE_RATE;
    if (seconds - lastLoud > SHORTEST_PAUSE_SECONDS) onsets.push(onsetNear(levels, step));
    lastLoud = seconds;
  });
  return onsets;
}

/** The time where the level crosses half of this beep's peak, interpolated between two steps. */
function onsetNear(levels: readonly number[], loudStep: number): number {
  const height = Math.max(...levels.slice(loudStep, loudStep + 30));
  const wanted = height * ONSET_LEVEL;
  let step = loudStep;
  while (step > 0 && (levels[step] ?? 0) >= wanted) step -= 1;
  while ((levels[step + 1] ?? 0) < wanted) step += 1;
  const [before = 0, after = 0] = [levels[step], levels[step + 1]];
  const exact = step + (after > before ? (wanted - before) / (after - before) : 0);
  return (exact * STEP_SAMPLES + WINDOW_SAMPLES / 2) / SAMPLE_RATE;
}

/** The amplitude of the beep's tone in each window, by the Goertzel algorithm. */
function toneLevels(samples: Float32Array): number[] {
  const coefficient = 2 * Math.cos((2 * Math.PI * BEEP_HERTZ) / SAMPLE_RATE);
  const levels: number[] = [];
  for (let start = 0; start + WINDOW_SAMPLES <= samples.length; start += STEP_SAMPLES) {
    let [last, previous] = [0, 0];
    for (let index = start; index < start + WINDOW_SAMPLES; index += 1) {
      const next = (samples[index] ?? 0) + coefficient * last - previous;
      previous = last;
      last = next;
    }
    const power = last * last + previous * previous - coefficient * last * previous;
    levels.push((2 * Math.sqrt(Math.max(0, power))) / WINDOW_SAMPLES);
  }
  return levels;
}
