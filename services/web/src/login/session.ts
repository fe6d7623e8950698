import { createContext } from "preact";
import type { Session } from "../api/schemas.ts";

/** The session, for the pages. */
export interface SessionContextValue extends Session {
  logOut(): void;
}

export const SessionContext = createContext<SessionContextValue>({
  required: false,
  admitted: true,
  logOut: () => undefined,
});
