import { isRunning, type Leg, recordingsOf } from "../api/schemas.ts";
import { whoIs } from "../metadata.ts";

/** Where one leg lies in its call, in seconds from the call's first media. */
export interface Lane {
  legId: string;
  name: string;
  state: Leg["state"];
  from: number;
  /** Undefined while it goes on. */
  to: number | undefined;
  /** Whether there is something to play. */
  recorded: boolean;
}

const MOST_TICKS = 6;
const TICK_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200];

/** The legs on one scale. A leg's start is that of its first media, by the gateway's clock. */
export function lanesOf(legs: readonly Leg[]): Lane[] {
  const origin = beginning(legs);
  return legs.map((leg) => {
    const from = (Date.parse(leg.startedAt) - origin) / 1000;
    const last = isRunning(leg.state) ? undefined : recordingsOf(leg).at(-1);
    return {
      legId: leg.id,
      name: whoIs(leg),
      state: leg.state,
      from,
      to: last ? (Date.parse(last.startedAt) - origin) / 1000 + last.file.durationSeconds : end(leg, origin),
      recorded: recordingsOf(leg).length > 0,
    };
  });
}

/** Unix milliseconds of the first leg's start. */
export function beginning(legs: readonly Pick<Leg, "startedAt">[]): number {
  return Math.min(...legs.map(({ startedAt }) => Date.parse(startedAt)));
}

/** How long the tape is: to the last end, or to now (in seconds from the beginning) where a leg goes on. */
export function spanOf(lanes: readonly Lane[], now: number): number {
  return Math.max(0, ...lanes.map(({ to }) => to ?? now));
}

/** Round times for the scale below the lanes, in seconds, zero first. */
export function ticks(span: number): number[] {
  const step = TICK_STEPS_S.find((seconds) => span / seconds <= MOST_TICKS) ?? Math.ceil(span / MOST_TICKS);
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}

function end(leg: Leg, origin: number): number | undefined {
  return leg.endedAt === null ? undefined : (Date.parse(leg.endedAt) - origin) / 1000;
}
