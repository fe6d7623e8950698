import { Call, Job, Removed } from "./schemas.ts";

export interface LiveListeners {
  /** A call has changed. */
  onCall(call: Call): void;
  onRemoved?(id: string): void;
  /** Called at each (re)connection: changes in between must be fetched. */
  onConnected?(): void;
  onLost?(): void;
}

/** Jobs use the same connection as calls; only components that show the job's call listen. */
const jobNews = new EventTarget();

/** Calls `listener` with every update of any job, while followCalls() is active. Returns a function that unsubscribes. */
export function followJobs(listener: (job: Job) => void): () => void {
  const hear = (event: Event) => listener((event as CustomEvent<Job>).detail);
  jobNews.addEventListener("job", hear);
  return () => jobNews.removeEventListener("job", hear);
}

/** Subscribes to changes of calls by server-sent events. Returns a function that unsubscribes. */
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
 * The same, but only while the page is visible: browsers allow six connections per server (HTTP/1.1), and background
 * tabs would use them all.
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
