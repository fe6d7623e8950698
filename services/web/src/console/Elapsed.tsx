import { useEffect, useState } from "preact/hooks";
import { duration } from "../format.ts";

const TICK_MS = 1_000;

/** How long something has lasted, counting while it lasts. */
export function Elapsed({ from, to }: { from: string; to: string | null }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (to !== null) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [to]);
  const end = to === null ? now : Date.parse(to);
  return <span class="elapsed">{duration((end - Date.parse(from)) / 1000)}</span>;
}
