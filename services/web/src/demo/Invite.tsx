import { useState } from "preact/hooks";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Icon } from "../ui/Icon.tsx";

interface Props {
  id: string;
  invitedBy: string | undefined;
  onCall(remoteId: string): void;
}

/** Shown while nobody else is in the call: a link to send to the other person, or an id to call. */
export function Invite({ id, invitedBy, onCall }: Props) {
  const [remoteId, setRemoteId] = useState(invitedBy ?? "");
  const link = `${location.origin}/demo?call=${encodeURIComponent(id)}`;
  return (
    <section class="panel invite" aria-label="Invite">
      <h1>Nobody else is here yet</h1>
      <p>Open this link in a second window, or send it to somebody.</p>
      <p class="link-to-send">
        <a href={link} target="_blank" rel="noopener">
          {link.replace(/^https?:\/\//, "")}
        </a>
        <CopyButton text={link} label="Copy link" />
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (remoteId.trim()) onCall(remoteId.trim());
        }}
      >
        <label>
          Or call somebody by id
          <input value={remoteId} spellcheck={false} onInput={(event) => setRemoteId(event.currentTarget.value)} />
        </label>
        <button class="primary" type="submit" disabled={remoteId.trim() === ""}>
          <Icon name="call" /> Call
        </button>
      </form>
      <p class="small">
        Your id: <code data-peer-id>{id}</code>
      </p>
    </section>
  );
}
