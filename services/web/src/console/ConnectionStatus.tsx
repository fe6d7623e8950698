import type { Connection } from "./useCalls.ts";

/** Whether the page receives live updates, and how many calls are in progress. */
export function ConnectionStatus({ connection, running }: { connection: Connection; running: number }) {
  return (
    <span class={`link link-${connection}`} role="status">
      {statusText(connection, running)}
    </span>
  );
}

function statusText(connection: Connection, running: number): string {
  if (connection === "connecting") return "connecting…";
  if (connection === "lost") return "reconnecting…";
  return running > 0 ? `${running} in progress` : "live";
}
