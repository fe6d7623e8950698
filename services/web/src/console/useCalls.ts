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
  const [connection, setConnection] = useState<Connection>({ status: "connecting" });
  const [missed, setMissed] = useState<Calls["missed"]>();
  const [loading, setLoading] = useState(false);
  const [errorText, setErrorText] = useState<string>();

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

  const fetchNewest = useCallback(async () => {
    const isFirst = list.current === undefined;
    // A call that has been running for hours may not be on the first page.
    const [page, recording] = await Promise.all([listCalls(), listCalls({ state: "recording" })]);
    const fetched = merge(page.calls, ...recording.calls);
    const others = (list.current ?? []).filter(
      ({ id, state }) => isRunning(state) && !fetched.some((one) => one.id === id),
    );
    const ended = await Promise.all(others.map(({ id }) => getCall(id).catch(unlessRemoved)));
    const all = merge(fetched, ...ended.filter((call) => call !== undefined));
    const found = catchUp(list.current ?? [], all, page.nextCursor ? (page.calls.at(-1)?.id ?? "") : "");
    change(found.calls);
    if (!isFirst) setMissed({ changed: found.changed, removed: found.removed });
    setCursor((known) => (known !== undefined ? known : page.nextCursor));
  }, [change]);

  useEffect(() => {
    // Without waiting for the connection, and so that an error is shown.
    load(fetchNewest).catch(() => undefined);
    return followCallsWhileVisible({
      onCall: (call) => change(merge(list.current ?? [], call)),
      onRemoved: (id) => list.current && change(list.current.filter((call) => call.id !== id)),
      catchUp: () => load(fetchNewest),
      onConnection: setConnection,
    });
  }, [change, load, fetchNewest]);

  const fetchOlder = async (from: string) => {
    const page = await listCalls({ cursor: from });
    change(merge(page.calls, ...(list.current ?? [])));
    setCursor(page.nextCursor);
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
