import { useState } from "preact/hooks";
import { ApiError, logIn } from "../api/client.ts";
import { sentence } from "../format.ts";
import { Bar, type PageName } from "../ui/Bar.tsx";

interface Props {
  page: PageName;
  onLoggedIn(): void;
}

/** Asks for the API token; a session lasts a week. */
export function LoginPage({ page, onLoggedIn }: Props) {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [errorText, setErrorText] = useState<string>();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    setErrorText(undefined);
    logIn(token.trim())
      .then(onLoggedIn, (error: unknown) => setErrorText(explain(error)))
      .finally(() => setBusy(false));
  }

  return (
    <div class="page">
      <Bar page={page} />
      <main>
        <section class="login">
          <h1>Log in</h1>
          <p>You need the API token of this recorder to see its calls and recordings.</p>
          <form onSubmit={submit}>
            <label>
              API token
              <input
                type="password"
                value={token}
                required
                autoComplete="current-password"
                spellcheck={false}
                onInput={(event) => setToken(event.currentTarget.value)}
              />
            </label>
            <button class="primary" type="submit" disabled={busy}>
              {busy ? "Logging in…" : "Log in"}
            </button>
          </form>
          {errorText && (
            <p class="notice" role="alert">
              {errorText}
            </p>
          )}
          <p class="small">
            It is the value of <code>API_TOKEN</code> in the file <code>.env</code> on the recorder's host.
          </p>
        </section>
      </main>
    </div>
  );
}

function explain(error: unknown): string {
  if (error instanceof ApiError && error.code === "TOKEN_REFUSED") return "This is not the API token.";
  return sentence(error instanceof Error ? error.message : String(error));
}
