import { asRecorderError, type ErrorCode } from "../../errors.ts";

/** The engine, or what recorders need of it, returns within seconds, or needs an operator. */
const AWAY: ReadonlySet<ErrorCode> = new Set(["DOCKER_UNREACHABLE", "RECORDER_NETWORK_MISSING"]);
/** What a recorder says whose network vanished while it started; it also has causes that do not pass. */
const PERHAPS_AWAY: ReadonlySet<ErrorCode> = new Set(["RECORDER_NOT_STARTED", "RECORDER_NOT_BOUND"]);
const STARTS = 3;

/**
 * Whether starting a recorder may succeed if it is tried again soon.
 *
 * @param attempt the number of starts so far, with the one that failed.
 */
export function canStartAgain(error: unknown, attempt: number): boolean {
  const { code } = asRecorderError(error);
  return AWAY.has(code) || (PERHAPS_AWAY.has(code) && attempt < STARTS);
}
