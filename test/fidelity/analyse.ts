import { findBeeps } from "./beeps.ts";
import { decodeFrames, decodeSound, packetTimes, type TimedFrame } from "./decode.ts";
import { findPairs, type Pair } from "./pairs.ts";
import type { Kind } from "./sentMedia.ts";

/** An audible gap between two audio packets. */
const AUDIO_GAP_SECONDS = 0.045;

export interface FidelityReport {
  frames: number;
  /** Video packets that produced no picture. */
  undecodedFrames: number;
  unreadableFrames: number;
  /** Missing counters between the first and the last, dropped by the browser or lost later. */
  missingCounters: number;
  repeatedCounters: number;
  /** The last two pictures are the same one. */
  endsWithRepeat: boolean;
  /** The longest time that one picture is shown. */
  longestFreezeMs: number;
  audioPackets: number;
  audioGaps: number;
  longestAudioGapMs: number;
  videoStartSeconds: number;
  audioStartSeconds: number;
  pairs: Pair[];
}

/** Everything that can be measured in a recording of the pattern alone. */
export async function analyse(path: string, kinds: readonly Kind[] = ["audio", "video"]): Promise<FidelityReport> {
  const videoTimes = kinds.includes("video") ? await packetTimes(path, "v:0") : [];
  const audioTimes = kinds.includes("audio") ? await packetTimes(path, "a:0") : [];
  const frames = kinds.includes("video") ? await decodeFrames(path) : [];
  const sound = kinds.includes("audio") ? await decodeSound(path) : new Float32Array();
  const counters = frames.flatMap(({ counter }) => (counter === undefined ? [] : [counter]));
  const audioGaps = steps(audioTimes).filter((step) => step > AUDIO_GAP_SECONDS);
  return {
    frames: frames.length,
    undecodedFrames: videoTimes.length - frames.length,
    unreadableFrames: frames.length - counters.length,
    ...continuity(counters),
    endsWithRepeat: counters.length > 1 && counters.at(-1) === counters.at(-2),
    longestFreezeMs: 1000 * longestFreeze(frames),
    audioPackets: audioTimes.length,
    audioGaps: audioGaps.length,
    longestAudioGapMs: 1000 * Math.max(0, ...audioGaps),
    videoStartSeconds: videoTimes[0] ?? Number.NaN,
    audioStartSeconds: audioTimes[0] ?? Number.NaN,
    pairs: findPairs(frames, findBeeps(sound)),
  };
}

/** A picture is shown until one with another counter follows. */
function longestFreeze(frames: readonly TimedFrame[]): number {
  const changes = frames.filter(({ counter }, index) => index === 0 || counter !== frames[index - 1]?.counter);
  const end = frames.at(-1)?.seconds ?? 0;
  return Math.max(0, ...steps([...changes.map(({ seconds }) => seconds), end]));
}

/** The counter increases by one per frame; 16 bits wrap after half an hour. */
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
