import type { PeerId } from "./ids.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";

/**
 * Selects which of the clients under one id receives a message: the one that has the message's connection. A new call
 * goes to the client with the fewest calls, round-robin if they are equal. A new data connection goes to the client
 * that already has a connection with the sender, so that all connections of a page end together.
 *
 * @returns undefined for a message of an unknown connection. Signalling may have been restarted since the connection
 *   began, so only the clients know which of them has it.
 */
export function recipientOf(src: PeerId, { event, body }: PeerMessage, members: readonly Peer[]): Peer | undefined {
  if (members.length <= 1) return members[0];
  const owner = members.find(({ connections }) => connections.has(src, body.connectionId));
  if (owner || event !== "OFFER") return owner;
  const present = members.filter(({ link }) => link);
  const existing =
    body.connectionType === "data" && present.find(({ connections }) => connections.with(src).length > 0);
  return existing || leastBusy(present) || members[0];
}

function leastBusy(members: readonly Peer[]): Peer | undefined {
  const [first] = members
    .map((peer) => ({ peer, calls: peer.connections.calls }))
    .sort((one, other) => one.calls - other.calls || one.peer.lastCallNumber - other.peer.lastCallNumber);
  return first?.peer;
}
