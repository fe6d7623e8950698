import { useState } from "preact/hooks";
import { stopCall } from "../api/client.ts";
import { type Call, isRunning } from "../api/types.ts";
import { instant, nameOf } from "../format.ts";
import { Badge } from "./Badge.tsx";
import { Elapsed } from "./Elapsed.tsx";
import { LegPanel } from "./LegPanel.tsx";

interface Props {
  call: Call;
  open: boolean;
  onToggle(): void;
}

/** One call: who, since when, how it goes; opened, its recordings. */
export function CallCard({ call, open, onToggle }: Props) {
  const [stopping, setStopping] = useState(false);
  const [mistake, setMistake] = useState<string>();
  const who = call.legs.map((leg) => nameOf(leg.metadata) ?? leg.peerId);

  async function stop() {
    setStopping(true);
    try {
      await stopCall(call.id);
    } catch (error) {
      setStopping(false);
      setMistake(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <article class="call" data-call={call.id} data-state={call.state}>
      <div class="call-head">
        <button class="call-open" type="button" aria-expanded={open} onClick={onToggle}>
          <span class="who">{who.join(" · ") || "…"}</span>
          <span class="when">
            <time dateTime={call.startedAt}>{instant(call.startedAt)}</time>
            <Elapsed from={call.startedAt} to={call.endedAt} />
          </span>
        </button>
        {isRunning(call.state) && call.state !== "finalising" && (
          <button class="stop" type="button" disabled={stopping} onClick={() => void stop()}>
            {stopping ? "Stopping…" : "Stop"}
          </button>
        )}
        <Badge state={call.state} />
      </div>
      {mistake && <p class="mistake">{mistake}</p>}
      {open && (
        <div class="legs">
          {call.legs.map((leg) => (
            <LegPanel key={leg.id} call={call} leg={leg} />
          ))}
        </div>
      )}
    </article>
  );
}
