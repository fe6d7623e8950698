import type { PeerId } from "./ids.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";

/**
 * Who of the clients under one id a message is for: whoever has its connection. A call goes to the client with the
 * fewest, in turn where they have as many; a data connection to the one that has the caller already, so that all of a
 * page ends together.
 *
 * @returns undefined for what belongs to a connection that none is known to have: signalling may have been restarted
 *   since it began, and only they know.
 */
export function receiverOf(src: PeerId, { event, body }: PeerMessage, members: readonly Peer[]): Peer | undefined {
  if (members.length <= 1) return members[0];
  const owner = members.find(({ connections }) => connections.has(src, body.connectionId));
  if (owner || event !== "OFFER") return owner;
  const present = members.filter(({ link }) => link);
  const beside = body.connectionType === "data" && present.find(({ connections }) => connections.with(src).length > 0);
  return beside || leastBusy(present) || members[0];
}

function leastBusy(members: readonly Peer[]): Peer | undefined {
  const [first] = members
    .map((peer) => ({ peer, calls: peer.connections.calls }))
    .sort((one, other) => one.calls - other.calls || one.peer.lastTurn - other.peer.lastTurn);
  return first?.peer;
}
