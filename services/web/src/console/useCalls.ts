import { useCallback, useEffect, useState } from "preact/hooks";
import { listCalls } from "../api/client.ts";
import { followCallsWhileVisible } from "../api/liveCalls.ts";
import type { Call } from "../api/schemas.ts";
import { merge } from "./callList.ts";

export type Link = "connecting" | "live" | "lost";

export interface Calls {
  /** Newest first; undefined until they were fetched. */
  calls: Call[] | undefined;
  /** Whether there are older ones than those in `calls`. */
  hasOlder: boolean;
  loading: boolean;
  mistake: string | undefined;
  link: Link;
  showOlder(): void;
}

/** The calls as they change. */
export function useCalls(): Calls {
  const [calls, setCalls] = useState<Call[]>();
  // null: there are no older ones.
  const [cursor, setCursor] = useState<string | null>();
  const [link, setLink] = useState<Link>("connecting");
  const [loading, setLoading] = useState(false);
  const [mistake, setMistake] = useState<string>();

  const learn = useCallback((news: readonly Call[]) => setCalls((known) => merge(known ?? [], ...news)), []);

  const fetchCalls = useCallback(
    async (older?: string) => {
      setLoading(true);
      try {
        // A call that has gone on for hours is not on the first page.
        const [page, recording] = await Promise.all([
          listCalls(older === undefined ? {} : { cursor: older }),
          older === undefined ? listCalls({ state: "recording" }) : { calls: [] },
        ]);
        learn([...page.calls, ...recording.calls]);
        setCursor((known) => (older === undefined && known !== undefined ? known : page.nextCursor));
        setMistake(undefined);
      } catch (error) {
        setMistake(error instanceof Error ? error.message : String(error));
      } finally {
        setLoading(false);
      }
    },
    [learn],
  );

  useEffect(() => {
    void fetchCalls();
    return followCallsWhileVisible({
      onCall: (call) => learn([call]),
      onRemoved: (id) => setCalls((known) => known?.filter((call) => call.id !== id)),
      onConnected: () => {
        setLink("live");
        void fetchCalls();
      },
      onLost: () => setLink("lost"),
    });
  }, [fetchCalls, learn]);

  return {
    calls,
    hasOlder: Boolean(cursor),
    loading,
    mistake,
    link,
    showOlder: () => void fetchCalls(cursor ?? undefined),
  };
}
