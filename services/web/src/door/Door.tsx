import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { getSession, logOut, onLoginNeeded } from "../api/client.ts";
import type { Session } from "../api/schemas.ts";
import type { PageName } from "../ui/Bar.tsx";
import { Login } from "./Login.tsx";
import { DoorContext } from "./session.ts";

/** Pages that cannot ask behave as they do when the server is away: they show what they can, and try again. */
const UNKNOWN: Session = { required: false, admitted: true };

/** Shows the page to who may see it, and the login to everybody else; where the API is open, that is the page. */
export function Door({ page, children }: { page: PageName; children: ComponentChildren }) {
  const [session, setSession] = useState<Session>();
  const look = useCallback(() => getSession().then(setSession, () => setSession((known) => known ?? UNKNOWN)), []);

  useEffect(() => {
    void look();
    // A session may have ended while nobody looked.
    document.addEventListener("visibilitychange", look);
    const end = onLoginNeeded(() => setSession({ required: true, admitted: false }));
    return () => {
      document.removeEventListener("visibilitychange", look);
      end();
    };
  }, [look]);

  if (session === undefined) return null;
  const leave = () => void logOut().then(look, look);
  return (
    <DoorContext.Provider value={{ ...session, logOut: leave }}>
      {session.admitted ? children : <Login page={page} onAdmitted={() => void look()} />}
    </DoorContext.Provider>
  );
}
