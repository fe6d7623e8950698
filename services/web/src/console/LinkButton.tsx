import { useEffect, useState } from "preact/hooks";
import { makeFileLink } from "../api/client.ts";
import { Icon } from "../ui/Icon.tsx";

const SHOWN_MS = 4_000;

interface Props {
  callId: string;
  fileName: string;
  /** Name of the recording, for the button's label. */
  of: string;
}

/** Copies a link that opens this one recording without a login, for a day. */
export function LinkButton({ callId, fileName, of }: Props) {
  const [message, setMessage] = useState<string>();
  useEffect(() => {
    if (message === undefined) return;
    const timer = setTimeout(() => setMessage(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message]);
  // Browsers allow clipboard access on secure pages only.
  if (!navigator.clipboard) return null;

  async function copy() {
    try {
      const { url } = await makeFileLink(callId, fileName);
      await navigator.clipboard.writeText(new URL(url, location.origin).href);
      setMessage("Copied. The link is valid for a day.");
    } catch {
      setMessage("The link could not be copied.");
    }
  }

  return (
    <button type="button" aria-label={`Copy a link to the recording of ${of}`} onClick={() => void copy()}>
      <Icon name="copy" />
      <span aria-live="polite" hidden={!message}>
        {message}
      </span>
    </button>
  );
}
