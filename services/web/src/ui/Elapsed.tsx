import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { serverNow } from "../api/serverClock.ts";
import { duration } from "../format.ts";

const TICK_MS = 1_000;

/** Whether the page is out of date: nothing counts up then, because what it counts may be over. */
export const Stale = createContext(false);

/** Unix milliseconds by the server's clock, every second while `running`. */
export function useNow(running: boolean): number {
  const isStale = useContext(Stale);
  const ticking = running && !isStale;
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    if (!ticking) return;
    setNow(serverNow());
    const timer = setInterval(() => setNow(serverNow()), TICK_MS);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}

/** The duration of something; counts up while it is running. */
export function Elapsed({ from, to }: { from: string; to: string | null }) {
  const now = useNow(to === null);
  return <span class="elapsed">{duration(((to === null ? now : Date.parse(to)) - Date.parse(from)) / 1000)}</span>;
}
