import { Call, Job, Removed } from "./schemas.ts";

export interface LiveListeners {
  /** A call in its new state. */
  onCall(call: Call): void;
  onRemoved?(id: string): void;
  /** At each (re)connection: what happened in between has to be fetched. */
  onConnected?(): void;
  onLost?(): void;
}

/** Jobs come over the same connection as calls, and interest only who shows the call that they are of. */
const jobNews = new EventTarget();

/** Calls back with every step of every job, while calls are followed. Returns what ends it. */
export function followJobs(listener: (job: Job) => void): () => void {
  const hear = (event: Event) => listener((event as CustomEvent<Job>).detail);
  jobNews.addEventListener("job", hear);
  return () => jobNews.removeEventListener("job", hear);
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
  source.addEventListener("job", (event) => {
    const { data } = Job.safeParse(JSON.parse(event.data));
    if (data) jobNews.dispatchEvent(new CustomEvent("job", { detail: data }));
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
