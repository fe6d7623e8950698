import { useState } from "preact/hooks";

const LONGEST_NAME = 60;

interface Props {
  /** Whether the page was opened by somebody's link. */
  invited: boolean;
  mistake: string | undefined;
  onJoin(name: string): Promise<void>;
}

/** Before camera and microphone are opened: who one is, and what will happen. */
export function Lobby({ invited, onJoin, mistake }: Props) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    void onJoin(name.trim() || "Somebody").finally(() => setBusy(false));
  }

  return (
    <section class="lobby">
      <h1>{invited ? "You are invited to a call" : "Demo call"}</h1>
      <p>
        {invited
          ? "Join, and you are connected to the one who sent you the link."
          : "Two windows, or two devices, and one call between them."}{" "}
        What each side sends is <strong>recorded on the server</strong>.
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
      {mistake && (
        <p class="notice" role="alert">
          {mistake}
        </p>
      )}
    </section>
  );
}
