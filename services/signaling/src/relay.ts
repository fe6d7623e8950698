import { ERRORS } from "./errors.ts";
import { CLIENT_MESSAGES, type ClientMessage } from "./messages.ts";
import type { Peer, PeerRegistry } from "./peerRegistry.ts";

/**
 * Passes a message from one peer on to another of the same key. The sender's id is always set here, so no
 * peer can speak for another. What is malformed is dropped: skyway-js never sends it.
 *
 * @returns whether the message was understood.
 */
export function relay(registry: PeerRegistry, from: Peer, event: ClientMessage, message: unknown): boolean {
  const { relayedAs, schema } = CLIENT_MESSAGES[event];
  const parsed = schema.safeParse(message);
  if (!parsed.success) return false;
  const { dst, ...rest } = parsed.data;
  const to = registry.find(from.key, dst);
  if (!to) {
    // Only an offer waits for an answer; for the rest the other side is simply gone.
    if (event === "SEND_OFFER") {
      from.connection.send("ERROR", { ...ERRORS.PEER_UNAVAILABLE, message: `There is no peer with the id ${dst}.` });
    }
    return true;
  }
  from.acquaintances.add(to.id);
  to.acquaintances.add(from.id);
  to.connection.send(relayedAs, event === "SEND_LEAVE" ? from.id : { ...rest, dst, src: from.id });
  return true;
}
