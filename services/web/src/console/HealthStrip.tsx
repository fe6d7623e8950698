import { useEffect, useState } from "preact/hooks";
import { getHealth } from "../api/client.ts";
import { Icon } from "../ui/Icon.tsx";
import { type Trouble, troubles } from "./troubles.ts";

const INTERVAL_MS = 10_000;

/** Says which part is not well; nothing while all are. */
export function HealthStrip() {
  const [found, setFound] = useState<Trouble[]>([]);

  useEffect(() => {
    const ask = () => {
      if (document.hidden) return;
      getHealth().then(
        (health) => setFound(troubles(health)),
        () => setFound(troubles(undefined)),
      );
    };
    ask();
    const timer = setInterval(ask, INTERVAL_MS);
    document.addEventListener("visibilitychange", ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, []);

  if (found.length === 0) return null;
  return (
    <div class="health" role="alert">
      <Icon name="warning" />
      <ul>
        {found.map(({ part, reason, consequence }) => (
          <li key={part}>
            <strong>{part}</strong>: {reason}. <span>{consequence}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
