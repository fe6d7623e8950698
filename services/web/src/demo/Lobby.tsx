import { useState } from "preact/hooks";

const LONGEST_NAME = 60;

interface Props {
  /** Whether the page was opened with an invitation link. */
  invited: boolean;
  errorText: string | undefined;
  onJoin(name: string): Promise<void>;
}

/** Shown before camera and microphone are opened: asks for a name, and explains the recording. */
export function Lobby({ invited, onJoin, errorText }: Props) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    void onJoin(name.trim() || "Guest").finally(() => setBusy(false));
  }

  return (
    <section class="lobby">
      <h1>{invited ? "You are invited to a call" : "Demo call"}</h1>
      <p>
        {invited
          ? "Join to be connected to the person who sent you the link."
          : "A call between two windows or two devices."}{" "}
        Everything that each side sends is <strong>recorded on the server</strong>.
      </p>
      <form onSubmit={submit}>
        <label>
          Your name
          <input
            value={name}
            maxLength={LONGEST_NAME}
            autoComplete="name"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <button class="primary" type="submit" disabled={busy}>
          {busy ? "Opening camera and microphone…" : "Join with camera and microphone"}
        </button>
      </form>
      {errorText && (
        <p class="notice" role="alert">
          {errorText}
        </p>
      )}
    </section>
  );
}
