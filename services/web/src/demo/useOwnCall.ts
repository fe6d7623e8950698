import { useEffect, useState } from "preact/hooks";
import { listCalls } from "../api/client.ts";
import type { Connection } from "../api/eventConnection.ts";
import { followCalls } from "../api/liveCalls.ts";
import type { Call } from "../api/schemas.ts";
import { isShared } from "./ownRecording.ts";

/** The recorded call with this shared id. It is followed in hidden tabs, too: the call continues there. */
export function useOwnCall(shared: string | undefined): { call: Call | undefined; isStale: boolean } {
  const [call, setCall] = useState<Call>();
  const [connection, setConnection] = useState<Connection>({ status: "connecting" });
  useEffect(() => {
    setCall(undefined);
    if (shared === undefined) return;
    const update = (calls: Call[]) => {
      const own = calls.find((one) => isShared(one, shared));
      if (own) setCall(own);
    };
    return followCalls({
      onCall: (changed) => update([changed]),
      catchUp: async () => update((await listCalls()).calls),
      onConnection: setConnection,
    });
  }, [shared]);
  return { call, isStale: connection.status === "lost" };
}
