import type { Call } from "../api/schemas.ts";
import { isRunning } from "../api/schemas.ts";

const PATH = /^\/live\/([\w-]+)\/?$/;

/** The call that the address of this page names; nothing where it names none. */
export function watchedCallId(path: string): string {
  return PATH.exec(path)?.[1] ?? "";
}

/** waiting: the call goes on, and is not shown yet. none: it was not shown, or it was and can be played now. */
export type Showing = "waiting" | "live" | "over" | "none";

export function showingOf({ state, live }: Pick<Call, "state" | "live">): Showing {
  if (live && live.endedAt === null) return "live";
  if (live && !isRunning(state)) return "over";
  return isRunning(state) ? "waiting" : "none";
}
