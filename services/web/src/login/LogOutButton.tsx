import { useContext } from "preact/hooks";
import { SessionContext } from "./session.ts";

/** Renders nothing if the API needs no token. */
export function LogOutButton() {
  const { required, admitted, logOut } = useContext(SessionContext);
  if (!required || !admitted) return null;
  return (
    <button class="log-out" type="button" onClick={logOut}>
      Log out
    </button>
  );
}
