import { SignalingError } from "../errors.ts";
import type { Session } from "../session.ts";
import { isPeerMessage, parsePeerMessage } from "./clientMessages.ts";

/**
 * Handles one message of a skyway-js client.
 *
 * @throws SignalingError INVALID_MESSAGE, NO_ROOMS, AUTHENTICATION.
 */
export function receive(session: Session, name: string, body: unknown): void {
  if (!session.isMember) return;
  if (isPeerMessage(name)) session.pass(parsePeerMessage(name, body));
  else if (name === "UPDATE_CREDENTIAL") session.renewCredential(body);
  else if (name === "ROOM_JOIN") throw new SignalingError("NO_ROOMS");
  // PING only proves that the client is alive. All other messages are ignored.
}
