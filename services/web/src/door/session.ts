import { createContext } from "preact";
import type { Session } from "../api/schemas.ts";

/** What the pages behind the door know of it. */
export interface OpenDoor extends Session {
  logOut(): void;
}

export const DoorContext = createContext<OpenDoor>({ required: false, admitted: true, logOut: () => undefined });
