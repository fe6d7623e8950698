import { isRunning, type Leg, recordingsOf } from "../api/schemas.ts";
import { displayName } from "../metadata.ts";

/** The position of one leg on the call's timeline, in seconds from the call's first media. */
export interface TimelineTrack {
  legId: string;
  name: string;
  state: Leg["state"];
  from: number;
  /** Undefined while the leg is running. */
  to: number | undefined;
  /** Whether it has a playable recording. */
  recorded: boolean;
}

const MOST_TICKS = 6;
const TICK_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200];

/** The legs on a common time scale. A leg starts with its first media, by the gateway's clock. */
export function timelineTracks(legs: readonly Leg[]): TimelineTrack[] {
  const origin = firstStart(legs);
  return legs.map((leg) => {
    const from = (Date.parse(leg.startedAt) - origin) / 1000;
    const last = isRunning(leg.state) ? undefined : recordingsOf(leg).at(-1);
    return {
      legId: leg.id,
      name: displayName(leg),
      state: leg.state,
      from,
      to: last ? (Date.parse(last.startedAt) - origin) / 1000 + last.file.durationSeconds : end(leg, origin),
      recorded: recordingsOf(leg).length > 0,
    };
  });
}

/** Unix milliseconds of the first leg's start. */
export function firstStart(legs: readonly Pick<Leg, "startedAt">[]): number {
  return Math.min(...legs.map(({ startedAt }) => Date.parse(startedAt)));
}

/** The timeline's length in seconds: to the last end, or to `now` (seconds from the start) while a leg is running. */
export function timelineLength(tracks: readonly TimelineTrack[], now: number): number {
  return Math.max(0, ...tracks.map(({ to }) => to ?? now));
}

/** Round times for the scale below the tracks, in seconds, starting at zero. */
export function ticks(span: number): number[] {
  const step = TICK_STEPS_S.find((seconds) => span / seconds <= MOST_TICKS) ?? Math.ceil(span / MOST_TICKS);
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}

function end(leg: Leg, origin: number): number | undefined {
  return leg.endedAt === null ? undefined : (Date.parse(leg.endedAt) - origin) / 1000;
}
