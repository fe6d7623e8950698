import { useEffect, useState } from "preact/hooks";
import { getHealth } from "../api/client.ts";
import type { Health } from "../api/types.ts";

const INTERVAL_MS = 10_000;

/** Says which part is not well; nothing while all are. */
export function HealthStrip() {
  const [health, setHealth] = useState<Health | "unreachable">();

  useEffect(() => {
    const ask = () => {
      if (document.hidden) return;
      getHealth().then(setHealth, () => setHealth("unreachable"));
    };
    ask();
    const timer = setInterval(ask, INTERVAL_MS);
    return () => clearInterval(timer);
  }, []);

  if (health === undefined || (health !== "unreachable" && health.status === "ok")) return null;
  const failing =
    health === "unreachable"
      ? [["orchestrator", "it does not answer"]]
      : Object.entries(health.parts)
          .filter(([, part]) => part.status !== "ok")
          .map(([name, part]) => [name, part.reason ?? "failing"]);
  return (
    <ul class="health" role="alert">
      {failing.map(([name, reason]) => (
        <li key={name}>
          <strong>{name}</strong> {reason}
        </li>
      ))}
    </ul>
  );
}
