import { useEffect, useState } from "preact/hooks";
import { serverNow } from "../api/serverClock.ts";
import { duration } from "../format.ts";

const TICK_MS = 1_000;

/** Unix milliseconds by the server's clock, every second while `ticking`. */
export function useNow(ticking: boolean): number {
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
