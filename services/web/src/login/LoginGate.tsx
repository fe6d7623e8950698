import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { getSession, logOut, onLoginNeeded } from "../api/client.ts";
import type { Session } from "../api/schemas.ts";
import type { PageName } from "../ui/Bar.tsx";
import { LoginPage } from "./LoginPage.tsx";
import { SessionContext } from "./session.ts";

/** If the session cannot be fetched, pages behave as if the server were down: they show what they can, and retry. */
const UNKNOWN: Session = { required: false, admitted: true };

/** Shows the page to logged-in users, and the login to others. If the API needs no token, it always shows the page. */
export function LoginGate({ page, children }: { page: PageName; children: ComponentChildren }) {
  const [session, setSession] = useState<Session>();
  const refresh = useCallback(() => getSession().then(setSession, () => setSession((known) => known ?? UNKNOWN)), []);

  useEffect(() => {
    void refresh();
    // The session may have expired while the page was hidden.
    document.addEventListener("visibilitychange", refresh);
    const end = onLoginNeeded(() => setSession({ required: true, admitted: false }));
    return () => {
      document.removeEventListener("visibilitychange", refresh);
      end();
    };
  }, [refresh]);

  if (session === undefined) return null;
  const leave = () => void logOut().then(refresh, refresh);
  return (
    <SessionContext.Provider value={{ ...session, logOut: leave }}>
      {session.admitted ? children : <LoginPage page={page} onLoggedIn={() => void refresh()} />}
    </SessionContext.Provider>
  );
}
