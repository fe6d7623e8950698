import { useEffect, useRef, useState } from "preact/hooks";
import { removeCall } from "../api/client.ts";
import type { Call } from "../api/schemas.ts";
import { sentence } from "../format.ts";
import { callerNames } from "../metadata.ts";
import { Icon } from "../ui/Icon.tsx";
import { goTo } from "./route.ts";

/** Removes a call permanently, after a confirmation. */
export function RemoveButton({ call }: { call: Call }) {
  const [asking, setAsking] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [errorText, setErrorText] = useState<string>();
  const keep = useRef<HTMLButtonElement>(null);
  // A second press of the same key keeps the call.
  useEffect(() => {
    if (asking) keep.current?.focus();
  }, [asking]);

  async function remove() {
    setRemoving(true);
    setErrorText(undefined);
    try {
      await removeCall(call.id);
      goTo("/");
    } catch (error) {
      setErrorText(error instanceof Error ? error.message : String(error));
    } finally {
      setRemoving(false);
      setAsking(false);
    }
  }

  const names = callerNames(call.legs).join(" and ");
  return (
    <span class="removing">
      {errorText && (
        <span class="error-text" role="alert">
          {sentence(errorText)}
        </span>
      )}
      {asking ? (
        <fieldset>
          <legend>Remove all recordings of this call?</legend>
          <button type="button" class="confirm-remove" disabled={removing} onClick={() => void remove()}>
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
