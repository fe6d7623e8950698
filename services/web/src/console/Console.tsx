import { useEffect, useRef } from "preact/hooks";
import { isRunning } from "../api/schemas.ts";
import { Bar } from "../ui/Bar.tsx";
import { CallList } from "./CallList.tsx";
import { CallPane } from "./CallPane.tsx";
import { HealthStrip } from "./HealthStrip.tsx";
import { LinkState } from "./LinkState.tsx";
import { useCallId } from "./route.ts";
import { useCalls } from "./useCalls.ts";
import { useWide } from "./useWide.ts";
import { Welcome } from "./Welcome.tsx";

/** Calls as they happen, and the one that is open: beside each other where there is room, else one at a time. */
export function Console() {
  const calls = useCalls();
  const asked = useCallId();
  const wide = useWide();
  // Without a choice the call that was newest at first stays: later ones do not interrupt who is watching.
  const first = useRef<string | undefined>(undefined);
  const isThere = calls.calls?.some(({ id }) => id === first.current);
  if (!isThere) first.current = calls.calls?.[0]?.id;
  const shown = asked ?? (wide ? first.current : undefined);

  const running = calls.calls?.filter(({ state }) => isRunning(state)).length ?? 0;
  useEffect(() => {
    document.title = running > 0 ? `● ${running} in progress – Call recorder` : "Call recorder";
  }, [running]);

  const empty = calls.calls?.length === 0 && asked === undefined;
  return (
    <div class="page">
      <Bar page="calls">
        <LinkState link={calls.link} running={running} />
      </Bar>
      <HealthStrip />
      {empty ? (
        <main>
          <Welcome />
        </main>
      ) : (
        <main class="split">
          {(wide || asked === undefined) && <CallList {...calls} shown={shown} />}
          {shown !== undefined && (
            <CallPane key={shown} id={shown} known={calls.calls?.find(({ id }) => id === shown)} chosen={!!asked} />
          )}
        </main>
      )}
    </div>
  );
}
