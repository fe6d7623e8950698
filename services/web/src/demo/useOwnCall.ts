import { useEffect, useState } from "preact/hooks";
import { listCalls } from "../api/client.ts";
import { followCalls } from "../api/liveCalls.ts";
import type { Call } from "../api/schemas.ts";
import { isShared } from "./ownRecording.ts";

/** The call that two pages agreed on, as the orchestrator sees it. A page in a hidden tab talks on, so it looks on. */
export function useOwnCall(shared: string | undefined): Call | undefined {
  const [call, setCall] = useState<Call>();
  useEffect(() => {
    setCall(undefined);
    if (shared === undefined) return;
    const learn = (calls: Call[]) => {
      const own = calls.find((one) => isShared(one, shared));
      if (own) setCall(own);
    };
    return followCalls({
      onCall: (changed) => learn([changed]),
      onConnected: () => {
        // Where the list cannot be had, the next change tells.
        listCalls().then(
          ({ calls }) => learn(calls),
          () => undefined,
        );
      },
    });
  }, [shared]);
  return call;
}
