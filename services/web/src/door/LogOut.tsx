import { useContext } from "preact/hooks";
import { DoorContext } from "./session.ts";

/** Nothing where the API is open. */
export function LogOut() {
  const { required, admitted, logOut } = useContext(DoorContext);
  if (!required || !admitted) return null;
  return (
    <button class="log-out" type="button" onClick={logOut}>
      Log out
    </button>
  );
}
