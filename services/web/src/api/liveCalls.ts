import type { Call } from "./types.ts";

/**
 * Calls as they change, by server-sent events.
 *
 * @param onCall a call in its new state.
 * @param onConnected called at each (re)connection: what happened in between has to be fetched.
 * @returns ends it.
 */
export function followCalls(
  onCall: (call: Call) => void,
  onConnected: () => void,
  onLost: () => void = () => undefined,
): () => void {
  const source = new EventSource("/api/events");
  source.addEventListener("open", onConnected);
  source.addEventListener("error", onLost);
  source.addEventListener("call", (event) => onCall(JSON.parse(event.data) as Call));
  return () => source.close();
}

/** The list with a call's new state in it, newest first: ids sort by time. */
export function merge(calls: readonly Call[], ...news: Call[]): Call[] {
  const byId = new Map([...calls, ...news].map((call) => [call.id, call]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}
