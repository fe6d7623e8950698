import { useState } from "preact/hooks";
import { clock } from "../format.ts";
import { missedText } from "./interruptionText.ts";
import type { Calls } from "./useCalls.ts";

/** Tells that the page is out of date while the connection is lost, and what it missed when it is back. */
export function InterruptionNote({ connection, missed }: Pick<Calls, "connection" | "missed">) {
  const [dismissed, setDismissed] = useState<number>();
  if (connection.status === "lost") {
    return (
      <p class="interruption interruption-lost" role="status">
        <strong>Not up to date since {at(connection.since)}.</strong> Reconnecting; what is shown may be over.
      </p>
    );
  }
  const { regained } = connection.status === "live" ? connection : {};
  if (!regained || dismissed === regained.regainedAt) return null;
  return (
    <p class="interruption" role="status">
      <span>
        Up to date again. The connection was lost from {at(regained.lostAt)} to {at(regained.regainedAt)}
        {missed ? `; ${missedText(missed)}` : ""}.
      </span>
      <button type="button" onClick={() => setDismissed(regained.regainedAt)}>
        OK
      </button>
    </p>
  );
}

const at = (unixMs: number) => clock(new Date(unixMs).toISOString());
