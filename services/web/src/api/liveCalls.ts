import { Call, Removed } from "./schemas.ts";

export interface LiveListeners {
  /** A call in its new state. */
  onCall(call: Call): void;
  onRemoved?(id: string): void;
  /** At each (re)connection: what happened in between has to be fetched. */
  onConnected?(): void;
  onLost?(): void;
}

/** Calls as they change, by server-sent events. Returns what ends it. */
export function followCalls({ onCall, onRemoved, onConnected, onLost }: LiveListeners): () => void {
  const source = new EventSource("/api/events");
  if (onConnected) source.addEventListener("open", onConnected);
  if (onLost) source.addEventListener("error", onLost);
  source.addEventListener("call", (event) => {
    const { data } = Call.safeParse(JSON.parse(event.data));
    if (data) onCall(data);
  });
  source.addEventListener("removed", (event) => {
    const { data } = Removed.safeParse(JSON.parse(event.data));
    if (data) onRemoved?.(data.id);
  });
  return () => source.close();
}

/**
 * The same, but only while the page is seen: a browser keeps no more than six connections to one server, and
 * forgotten tabs would take them all.
 */
export function followCallsWhileVisible(listeners: LiveListeners): () => void {
  let end: (() => void) | undefined;
  const look = () => {
    if (document.hidden) {
      end?.();
      end = undefined;
    } else {
      end ??= followCalls(listeners);
    }
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    end?.();
  };
}
