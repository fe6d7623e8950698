import { useEffect, useState } from "preact/hooks";
import { getHealth } from "../api/client.ts";
import { Icon } from "../ui/Icon.tsx";
import { type HealthProblem, healthProblems } from "./healthProblems.ts";

const INTERVAL_MS = 10_000;

/** Shows which parts are failing; renders nothing while all are well. */
export function HealthStrip() {
  const [problems, setProblems] = useState<HealthProblem[]>([]);

  useEffect(() => {
    const ask = () => {
      if (document.hidden) return;
      getHealth().then(
        (health) => setProblems(healthProblems(health)),
        () => setProblems(healthProblems(undefined)),
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

  if (problems.length === 0) return null;
  return (
    <div class="health" role="alert">
      <Icon name="warning" />
      <ul>
        {problems.map(({ part, reason, consequence }) => (
          <li key={part}>
            <strong>{part}</strong>: {reason}. <span>{consequence}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
