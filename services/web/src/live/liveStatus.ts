import type { Call } from "../api/schemas.ts";
import { isRunning } from "../api/schemas.ts";

const PATH = /^\/live\/([\w-]+)\/?$/;

/** The call id in the path of the live page; empty if there is none. */
export function callIdIn(path: string): string {
  return PATH.exec(path)?.[1] ?? "";
}

/** waiting: the call is running, but there is no stream yet. none: the call is over and was not streamed. */
export type LiveStatus = "waiting" | "live" | "over" | "none";

export function liveStatusOf({ state, live }: Pick<Call, "state" | "live">): LiveStatus {
  if (live && live.endedAt === null) return "live";
  if (live && !isRunning(state)) return "over";
  return isRunning(state) ? "waiting" : "none";
}
