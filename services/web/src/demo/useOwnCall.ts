import { useEffect, useState } from "preact/hooks";
import { listCalls } from "../api/client.ts";
import { followCalls } from "../api/liveCalls.ts";
import type { Call } from "../api/schemas.ts";
import { isShared } from "./ownRecording.ts";

/** The recorded call with this shared id. It is followed in hidden tabs, too: the call continues there. */
export function useOwnCall(shared: string | undefined): Call | undefined {
  const [call, setCall] = useState<Call>();
  useEffect(() => {
    setCall(undefined);
    if (shared === undefined) return;
    const update = (calls: Call[]) => {
      const own = calls.find((one) => isShared(one, shared));
      if (own) setCall(own);
    };
    return followCalls({
      onCall: (changed) => update([changed]),
      onConnected: () => {
        // If the list cannot be fetched, the next change of the call arrives as an event.
        listCalls().then(
          ({ calls }) => update(calls),
          () => undefined,
        );
      },
    });
  }, [shared]);
  return call;
}
