import { useEffect, useState } from "preact/hooks";
import { makeFileLink } from "../api/client.ts";
import { Icon } from "../ui/Icon.tsx";

const SHOWN_MS = 4_000;

interface Props {
  callId: string;
  fileName: string;
  /** Whose recording it is. */
  of: string;
}

/** Copies a link that opens this one recording for a day, to whoever it is sent to. */
export function LinkButton({ callId, fileName, of }: Props) {
  const [said, setSaid] = useState<string>();
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  // Browsers give the clipboard to secure pages only.
  if (!navigator.clipboard) return null;

  async function copy() {
    try {
      const { url } = await makeFileLink(callId, fileName);
      await navigator.clipboard.writeText(new URL(url, location.origin).href);
      setSaid("Copied: valid for a day");
    } catch {
      setSaid("Could not be copied");
    }
  }

  return (
    <button type="button" aria-label={`Copy a link to the recording of ${of}`} onClick={() => void copy()}>
      <Icon name="copy" />
      <span aria-live="polite" hidden={!said}>
        {said}
      </span>
    </button>
  );
}
