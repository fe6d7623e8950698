import { asRecorderError, type ErrorCode } from "../../errors.ts";
import type { LegContext } from "./legContext.ts";

/** The engine, or what recorders need of it, returns within seconds, or needs an operator. */
const AWAY: ReadonlySet<ErrorCode> = new Set(["DOCKER_UNREACHABLE", "RECORDER_NETWORK_MISSING"]);
/** What a recorder says whose network vanished while it started; it also has causes that do not pass. */
const PERHAPS_AWAY: ReadonlySet<ErrorCode> = new Set(["RECORDER_NOT_STARTED", "RECORDER_NOT_BOUND"]);
const STARTS = 3;
const RETRY_MS = 500;

/**
 * Whether starting a recorder may succeed if it is tried again soon.
 *
 * @param attempt the number of starts so far, with the one that failed.
 */
export function canStartAgain(error: unknown, attempt: number): boolean {
  const { code } = asRecorderError(error);
  return AWAY.has(code) || (PERHAPS_AWAY.has(code) && attempt < STARTS);
}

/**
 * Tries again while the other side is away.
 *
 * @param isAway whether another try is worth it after this error.
 * @param limitMs time after the first try in which others are made.
 * @throws what the last try threw; at once when the leg is stopped.
 */
export async function repeating<Result>(
  isAway: (error: unknown, attempt: number) => boolean,
  limitMs: number,
  { services: { clock }, stop }: LegContext,
  act: (attempt: number) => Promise<Result>,
): Promise<Result> {
  const began = clock.now().getTime();
  for (let attempt = 1; ; attempt++) {
    try {
      return await act(attempt);
    } catch (error) {
      const isLate = clock.now().getTime() - began > limitMs;
      if (!isAway(error, attempt) || isLate || stop.aborted) throw error;
      await clock.sleep(RETRY_MS, stop);
    }
  }
}
