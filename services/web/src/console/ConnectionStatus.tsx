import type { Connection } from "../api/eventConnection.ts";

/** Whether the page receives live updates, and how many calls are in progress. */
export function ConnectionStatus({ connection, running }: { connection: Connection; running: number }) {
  return (
    <span class={`link link-${connection.status}`} role="status">
      {statusText(connection, running)}
    </span>
  );
}

function statusText({ status }: Connection, running: number): string {
  if (status === "connecting") return "connecting…";
  if (status === "lost") return "reconnecting…";
  return running > 0 ? `${running} in progress` : "live";
}
