import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, getCall, listCalls } from "../api/client.ts";
import type { Connection } from "../api/eventConnection.ts";
import { followCallsWhileVisible } from "../api/liveCalls.ts";
import { type Call, isRunning } from "../api/schemas.ts";
import { catchUp, type Missed, merge } from "./callList.ts";

export interface Calls {
  /** Newest first; undefined until they are fetched. */
  calls: Call[] | undefined;
  /** Whether the server has older calls than those in `calls`. */
  hasOlder: boolean;
  loading: boolean;
  errorText: string | undefined;
  connection: Connection;
  /** What changed during the last interruption. */
  missed: Pick<Missed, "changed" | "removed"> | undefined;
  showOlder(): void;
}

/** The list of calls, updated live. */
export function useCalls(): Calls {
  const [calls, setCalls] = useState<Call[]>();
  const list = useRef<Call[] | undefined>(undefined);
  // null: there are no older calls.
  const [cursor, setCursor] = useState<string | null>();
  const depth = useRef<string | null | undefined>(undefined);
  /** Told by events since the list was last fetched. */
  const told = useRef(new Map<string, Call>());
  const gone = useRef(new Set<string>());
  const [connection, setConnection] = useState<Connection>({ status: "connecting" });
  const [missed, setMissed] = useState<Calls["missed"]>();
  const [loading, setLoading] = useState(false);
  const [errorText, setErrorText] = useState<string>();

  const deepen = useCallback((nextCursor: string | null) => {
    depth.current = nextCursor;
    setCursor(nextCursor);
  }, []);

  const change = useCallback((changed: Call[]) => {
    list.current = changed;
    setCalls(changed);
  }, []);

  const load = useCallback(async (fetching: () => Promise<void>) => {
    setLoading(true);
    try {
      await fetching();
      setErrorText(undefined);
    } catch (error) {
      setErrorText(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      setLoading(false);
    }
  }, []);

  /** Fetches as much of the list as it has, because all of it may have changed. */
  const fetchList = useCallback(async () => {
    const isFirst = list.current === undefined;
    told.current.clear();
    const isLoaded = ({ nextCursor }: { nextCursor: string | null }) =>
      nextCursor !== null && depth.current !== undefined && (depth.current === null || nextCursor > depth.current);
    // A call that has been running for hours may not be on the first page.
    const [first, recording] = await Promise.all([listCalls(), listCalls({ state: "recording" })]);
    let page = first;
    let fetched = merge(recording.calls, ...page.calls);
    while (isLoaded(page)) {
      page = await listCalls({ cursor: page.nextCursor ?? "" });
      fetched = merge(fetched, ...page.calls);
    }
    const isMissing = ({ id, state }: Call) => isRunning(state) && !fetched.some((one) => one.id === id);
    const ended = await Promise.all(
      (list.current ?? []).filter(isMissing).map(({ id }) => getCall(id).catch(unlessRemoved)),
    );
    // Events that came meanwhile are newer than the answers.
    const all = merge(fetched, ...ended.filter((call) => call !== undefined), ...told.current.values()).filter(
      ({ id }) => !gone.current.has(id),
    );
    const found = catchUp(list.current ?? [], all, page.nextCursor ?? "");
    change(found.calls);
    if (!isFirst) setMissed({ changed: found.changed, removed: found.removed });
    deepen(page.nextCursor);
  }, [change, deepen]);

  useEffect(() => {
    // Without waiting for the connection, and so that an error is shown.
    load(fetchList).catch(() => undefined);
    return followCallsWhileVisible({
      onCall: (call) => {
        told.current.set(call.id, call);
        change(merge(list.current ?? [], call));
      },
      onRemoved: (id) => {
        told.current.delete(id);
        gone.current.add(id);
        if (list.current) change(list.current.filter((call) => call.id !== id));
      },
      catchUp: () => load(fetchList),
      onConnection: setConnection,
    });
  }, [change, load, fetchList]);

  const fetchOlder = async (from: string) => {
    const page = await listCalls({ cursor: from });
    change(merge(page.calls, ...(list.current ?? [])));
    deepen(page.nextCursor);
  };
  return {
    calls,
    hasOlder: Boolean(cursor),
    loading,
    errorText,
    connection,
    missed,
    showOlder: () => void (cursor && load(() => fetchOlder(cursor)).catch(() => undefined)),
  };
}

function unlessRemoved(error: unknown): undefined {
  if (!(error instanceof ApiError && error.code === "CALL_NOT_FOUND")) throw error;
}
