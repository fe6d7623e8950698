import { useCallback, useEffect, useState } from "preact/hooks";
import { listCalls } from "../api/client.ts";
import { followCallsWhileVisible } from "../api/liveCalls.ts";
import type { Call } from "../api/schemas.ts";
import { merge } from "./callList.ts";

export type Connection = "connecting" | "live" | "lost";

export interface Calls {
  /** Newest first; undefined until they are fetched. */
  calls: Call[] | undefined;
  /** Whether the server has older calls than those in `calls`. */
  hasOlder: boolean;
  loading: boolean;
  errorText: string | undefined;
  connection: Connection;
  showOlder(): void;
}

/** The list of calls, updated live. */
export function useCalls(): Calls {
  const [calls, setCalls] = useState<Call[]>();
  // null: there are no older calls.
  const [cursor, setCursor] = useState<string | null>();
  const [connection, setConnection] = useState<Connection>("connecting");
  const [loading, setLoading] = useState(false);
  const [errorText, setErrorText] = useState<string>();

  const addCalls = useCallback((changed: readonly Call[]) => setCalls((known) => merge(known ?? [], ...changed)), []);

  const fetchCalls = useCallback(
    async (older?: string) => {
      setLoading(true);
      try {
        // A call that has been running for hours may not be on the first page.
        const [page, recording] = await Promise.all([
          listCalls(older === undefined ? {} : { cursor: older }),
          older === undefined ? listCalls({ state: "recording" }) : { calls: [] },
        ]);
        addCalls([...page.calls, ...recording.calls]);
        setCursor((known) => (older === undefined && known !== undefined ? known : page.nextCursor));
        setErrorText(undefined);
      } catch (error) {
        setErrorText(error instanceof Error ? error.message : String(error));
      } finally {
        setLoading(false);
      }
    },
    [addCalls],
  );

  useEffect(() => {
    void fetchCalls();
    return followCallsWhileVisible({
      onCall: (call) => addCalls([call]),
      onRemoved: (id) => setCalls((known) => known?.filter((call) => call.id !== id)),
      onConnected: () => {
        setConnection("live");
        void fetchCalls();
      },
      onLost: () => setConnection("lost"),
    });
  }, [fetchCalls, addCalls]);

  return {
    calls,
    hasOlder: Boolean(cursor),
    loading,
    errorText,
    connection,
    showOlder: () => void fetchCalls(cursor ?? undefined),
  };
}
