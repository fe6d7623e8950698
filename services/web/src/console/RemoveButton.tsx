import { useEffect, useRef, useState } from "preact/hooks";
import { removeCall } from "../api/client.ts";
import type { Call } from "../api/schemas.ts";
import { sentence } from "../format.ts";
import { whoIs } from "../metadata.ts";
import { Icon } from "../ui/Icon.tsx";
import { goTo } from "./route.ts";

/** Removes a call for good, once the reader has said so twice. */
export function RemoveButton({ call }: { call: Call }) {
  const [asking, setAsking] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [mistake, setMistake] = useState<string>();
  const keep = useRef<HTMLButtonElement>(null);
  // Whoever presses the key once more keeps the call.
  useEffect(() => {
    if (asking) keep.current?.focus();
  }, [asking]);

  async function remove() {
    setRemoving(true);
    setMistake(undefined);
    try {
      await removeCall(call.id);
      goTo("/");
    } catch (error) {
      setMistake(error instanceof Error ? error.message : String(error));
    } finally {
      setRemoving(false);
      setAsking(false);
    }
  }

  const names = call.legs.map(whoIs).join(" and ");
  return (
    <span class="removing">
      {mistake && (
        <span class="mistake" role="alert">
          {sentence(mistake)}
        </span>
      )}
      {asking ? (
        <fieldset>
          <legend>Remove all recordings of this call?</legend>
          <button type="button" class="for-good" disabled={removing} onClick={() => void remove()}>
            <Icon name="bin" />
            {removing ? "Removing…" : "Remove"}
          </button>
          <button type="button" class="button" ref={keep} disabled={removing} onClick={() => setAsking(false)}>
            Keep
          </button>
        </fieldset>
      ) : (
        <button type="button" class="button" aria-label={`Remove the call of ${names}`} onClick={() => setAsking(true)}>
          <Icon name="bin" />
          Remove
        </button>
      )}
    </span>
  );
}
