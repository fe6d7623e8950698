import type { Signal } from "./recordingSignal.ts";

/** In seconds of the file. */
export interface Span {
  from: number;
  to: number;
}

const FLASH_LUMA = 180;
const DARK_LUMA = 40;
const BEEP_LEVEL = 0.25;
const SILENT_LEVEL = 0.01;
/** Shorter ones can be caused by a busy host. */
const SHORTEST_SECONDS = 1;
const PAIR_SECONDS = 0.5;

type Sample = Signal["sound"][number];
const loudest = ({ left, right }: Sample) => Math.max(left, right);

export function flashes({ frames }: Signal): number[] {
  return risingEdges(frames, ({ luma }) => luma > FLASH_LUMA);
}

export function beeps({ sound }: Signal): number[] {
  return risingEdges(sound, (sample) => loudest(sample) > BEEP_LEVEL);
}

/** Spans without sound, including the time before the audio begins. */
export function silences({ sound }: Signal): Span[] {
  const first = sound[0];
  const before = first && first.at > 0 ? [{ at: 0, left: 0, right: 0 }] : [];
  return spans([...before, ...sound], (sample) => loudest(sample) < SILENT_LEVEL);
}

/** Spans without a new frame, including the time before the first one. */
export function stills({ frames }: Signal): Span[] {
  return frames
    .map(({ at }, index) => ({ from: frames[index - 1]?.at ?? 0, to: at }))
    .filter(({ from, to }) => to - from >= SHORTEST_SECONDS);
}

export function darkness({ frames }: Signal): Span[] {
  return spans(frames, ({ luma }) => luma < DARK_LUMA);
}

/** For each flash that has a beep: its time, and the delay of the beep in seconds. */
export function soundAfterPicture(signal: Signal): { at: number; by: number }[] {
  const heard = beeps(signal);
  return flashes(signal).flatMap((at) => {
    const offsets = heard.map((beep) => beep - at).sort((a, b) => Math.abs(a) - Math.abs(b));
    const [by] = offsets;
    return by !== undefined && Math.abs(by) < PAIR_SECONDS ? [{ at, by }] : [];
  });
}

/** A signal that is on at the start has no rising edge. */
function risingEdges<Moment extends { at: number }>(
  moments: readonly Moment[],
  isOn: (one: Moment) => boolean,
): number[] {
  return moments.flatMap((one, index) => {
    const before = moments[index - 1];
    return before && isOn(one) && !isOn(before) ? [one.at] : [];
  });
}

function spans<Moment extends { at: number }>(moments: readonly Moment[], isIn: (one: Moment) => boolean): Span[] {
  const found: Span[] = [];
  let from: number | undefined;
  for (const one of moments) {
    if (isIn(one)) from ??= one.at;
    else if (from !== undefined) {
      found.push({ from, to: one.at });
      from = undefined;
    }
  }
  const end = moments.at(-1)?.at ?? 0;
  if (from !== undefined) found.push({ from, to: end });
  return found.filter(({ from, to }) => to - from >= SHORTEST_SECONDS);
}
