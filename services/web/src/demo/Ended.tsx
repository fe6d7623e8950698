import type { Call } from "../api/schemas.ts";
import { duration } from "../format.ts";
import { Icon } from "../ui/Icon.tsx";

interface Props {
  seconds: number;
  /** The recorded call; undefined if nothing was recorded. */
  call: Call | undefined;
  with: string;
  onCallAgain(): void;
}

/** Shown after the call: a link to its recordings. */
export function Ended({ seconds, call, with: other, onCallAgain }: Props) {
  const recorded = call?.state === "ready" || call?.legs.some(({ state }) => state === "finalising");
  return (
    <section class="panel ended" role="status">
      <h1>The call is over</h1>
      <p>
        You talked with <strong>{other}</strong> for {duration(seconds)}.
      </p>
      <p class="choices">
        {call && (
          <a class="button primary" href={`/calls/${call.id}`}>
            <Icon name="play" /> {recorded ? "Play the recording" : "See what was recorded"}
          </a>
        )}
        <button type="button" onClick={onCallAgain}>
          <Icon name="call" /> Call again
        </button>
      </p>
    </section>
  );
}
