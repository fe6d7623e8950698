import { getClientConfiguration } from "./client.ts";
import { type Connection, stayConnected } from "./eventConnection.ts";
import { Call, Job, Removed } from "./schemas.ts";

export interface LiveListeners {
  /** A call has changed. */
  onCall(call: Call): void;
  onRemoved?(id: string): void;
  /** Fetches the changes before the first event, or during an interruption. Retried if it fails. */
  catchUp(): Promise<unknown>;
  onConnection(connection: Connection): void;
}

/** Jobs use the same connection as calls; only components that show the job's call listen. */
const jobNews = new EventTarget();

/**
 * Calls `listener` with every update of any job, while followCalls() is active, and `catchUp` after an interruption.
 * Returns a function that unsubscribes.
 */
export function followJobs(listener: (job: Job) => void, catchUp: () => void): () => void {
  const hear = (event: Event) => listener((event as CustomEvent<Job>).detail);
  jobNews.addEventListener("job", hear);
  jobNews.addEventListener("regained", catchUp);
  return () => {
    jobNews.removeEventListener("job", hear);
    jobNews.removeEventListener("regained", catchUp);
  };
}

/** Follows the changes of calls, whatever happens to the connection. Returns a function that unsubscribes. */
export function followCalls({ onCall, onRemoved, catchUp, onConnection }: LiveListeners): () => void {
  return stayConnected({
    open: () => openSource({ onCall, onRemoved: (id) => onRemoved?.(id) }),
    catchUp,
    probe: getClientConfiguration,
    onConnection(connection) {
      if (connection.status === "live" && connection.regained) jobNews.dispatchEvent(new Event("regained"));
      onConnection(connection);
    },
  });
}

function openSource({ onCall, onRemoved }: Required<Pick<LiveListeners, "onCall" | "onRemoved">>): EventSource {
  const source = new EventSource("/api/events");
  source.addEventListener("call", (event) => {
    const { data } = Call.safeParse(JSON.parse(event.data));
    if (data) onCall(data);
  });
  source.addEventListener("removed", (event) => {
    const { data } = Removed.safeParse(JSON.parse(event.data));
    if (data) onRemoved(data.id);
  });
  source.addEventListener("job", (event) => {
    const { data } = Job.safeParse(JSON.parse(event.data));
    if (data) jobNews.dispatchEvent(new CustomEvent("job", { detail: data }));
  });
  return source;
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
