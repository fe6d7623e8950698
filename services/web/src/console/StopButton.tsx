import { useState } from "preact/hooks";
import { stopCall } from "../api/client.ts";
import type { Call } from "../api/schemas.ts";
import { sentence } from "../format.ts";
import { callerNames } from "../metadata.ts";
import { Icon } from "../ui/Icon.tsx";

/** Ends a call's running recordings. */
export function StopButton({ call }: { call: Call }) {
  const [stopping, setStopping] = useState(false);
  const [errorText, setErrorText] = useState<string>();
  if (call.state === "finalising") return null;

  async function stop() {
    setStopping(true);
    setErrorText(undefined);
    try {
      await stopCall(call.id);
    } catch (error) {
      setStopping(false);
      setErrorText(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <span class="stopping">
      {errorText && (
        <span class="error-text" role="alert">
          {sentence(errorText)}
        </span>
      )}
      <button
        class="stop"
        type="button"
        disabled={stopping}
        aria-label={`Stop recording ${callerNames(call.legs).join(" and ")}`}
        onClick={() => void stop()}
      >
        <Icon name="stop" />
        {stopping ? "Stopping…" : "Stop"}
      </button>
    </span>
  );
}
