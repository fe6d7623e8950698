import { type Call, isRunning } from "../api/schemas.ts";
import { day } from "../format.ts";

export interface Section {
  title: string;
  calls: Call[];
}

/** Adds or replaces calls in the list, newest first: ids sort by time. */
export function merge(calls: readonly Call[], ...changed: readonly Call[]): Call[] {
  const byId = new Map([...calls, ...changed].map((call) => [call.id, call]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** What a page has missed while it was not connected. */
export interface Missed {
  calls: Call[];
  /** Calls that were changed, or are new. */
  changed: Call[];
  removed: number;
}

/**
 * The list after an interruption.
 *
 * @param fetched the newest calls, and all that the list showed as running; newest first.
 * @param oldest the smallest id of the range in which `fetched` is complete; empty if it is complete.
 */
export function catchUp(known: readonly Call[], fetched: readonly Call[], oldest: string): Missed {
  const before = new Map(known.map((call) => [call.id, JSON.stringify(call)]));
  const ids = new Set(fetched.map(({ id }) => id));
  // A removed call is missing; one that the list showed as running was fetched whatever its age.
  const kept = known.filter(({ id, state }) => ids.has(id) || (id < oldest && !isRunning(state)));
  return {
    calls: merge(kept, ...fetched),
    changed: fetched.filter((call) => before.get(call.id) !== JSON.stringify(call)),
    removed: known.length - kept.length,
  };
}

/** Running calls first, whenever they began; then one section per day. */
export function sections(calls: readonly Call[], now = new Date()): Section[] {
  const found = new Map<string, Call[]>();
  const running = calls.filter(({ state }) => isRunning(state));
  if (running.length > 0) found.set("In progress", running);
  for (const call of calls) {
    if (isRunning(call.state)) continue;
    const title = day(call.startedAt, now);
    const same = found.get(title);
    if (same) same.push(call);
    else found.set(title, [call]);
  }
  return [...found].map(([title, of]) => ({ title, calls: of }));
}

/**
 * The error code of a failed call; otherwise how many of its legs failed, and how many recordings lack something that
 * was sent. Empty if there is nothing to tell.
 */
export function problemsText({ state, legs }: Pick<Call, "state" | "legs">): string {
  if (state === "failed") return legs.find(({ error }) => error)?.error?.code ?? "";
  const failed = legs.filter((leg) => leg.state === "failed").length;
  const incomplete = legs.filter((leg) => leg.state !== "failed" && (leg.error || leg.notes?.length)).length;
  const of = legs.length > 1 ? ` of ${legs.length}` : "";
  return [
    failed > 0 && `${failed} of ${legs.length} failed`,
    incomplete > 0 && (of ? `${incomplete}${of} incomplete` : "incomplete"),
  ]
    .filter(Boolean)
    .join(", ");
}
