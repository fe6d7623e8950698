import { useEffect, useRef } from "preact/hooks";
import { isRunning } from "../api/schemas.ts";
import { Bar } from "../ui/Bar.tsx";
import { Stale } from "../ui/Elapsed.tsx";
import { CallList } from "./CallList.tsx";
import { CallPane } from "./CallPane.tsx";
import { ConnectionStatus } from "./ConnectionStatus.tsx";
import { HealthStrip } from "./HealthStrip.tsx";
import { InterruptionNote } from "./InterruptionNote.tsx";
import { useCallId } from "./route.ts";
import { useCalls } from "./useCalls.ts";
import { useWide } from "./useWide.ts";
import { Welcome } from "./Welcome.tsx";

/** The list of calls and the open call: side by side on wide screens, otherwise one at a time. */
export function Console() {
  const calls = useCalls();
  const requestedId = useCallId();
  const wide = useWide();
  // If the user has not opened a call, the call that was newest at first stays: later calls do not replace it.
  const first = useRef<string | undefined>(undefined);
  const isListed = calls.calls?.some(({ id }) => id === first.current);
  if (!isListed) first.current = calls.calls?.[0]?.id;
  const shown = requestedId ?? (wide ? first.current : undefined);

  const running = calls.calls?.filter(({ state }) => isRunning(state)).length ?? 0;
  const isStale = calls.connection.status === "lost";
  useEffect(() => {
    const state = isStale ? "Not up to date – " : running > 0 ? `● ${running} in progress – ` : "";
    document.title = `${state}Call recorder`;
  }, [running, isStale]);

  const empty = calls.calls?.length === 0 && requestedId === undefined;
  return (
    <Stale.Provider value={isStale}>
      <div class={isStale ? "page stale" : "page"}>
        <Bar page="calls">
          <ConnectionStatus connection={calls.connection} running={running} />
        </Bar>
        <HealthStrip />
        <InterruptionNote connection={calls.connection} missed={calls.missed} />
        {empty ? (
          <main>
            <Welcome />
          </main>
        ) : (
          <main class="split">
            {(wide || requestedId === undefined) && <CallList {...calls} shown={shown} />}
            {shown !== undefined && (
              <CallPane
                key={shown}
                id={shown}
                known={calls.calls?.find(({ id }) => id === shown)}
                openedByUser={!!requestedId}
              />
            )}
          </main>
        )}
      </div>
    </Stale.Provider>
  );
}
