import type { PeerId } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import type { PeerMessage, ServerMessage } from "../messages.ts";

/** Limit per pair of peers. */
const CONNECTIONS_PER_PEER = 32;

/**
 * Decides which hang-ups a PeerJS client receives as LEAVE. PeerJS has no message for the end of one connection, and
 * LEAVE ends all connections with a peer. Its own calls and all data connections have a data channel, which shows their
 * end. Calls that skyway-js started have none.
 */
export class OpenConnections {
  /** Connections that LEAVE would also end, by remote peer. */
  readonly #withDataChannel = new Map<PeerId, Set<string>>();

  sent({ event, body }: PeerMessage): void {
    if (event === "OFFER") this.#add(body.dst, body.connectionId);
  }

  /** @returns whether this message is a hang-up that must be sent as LEAVE. */
  received({ event, body }: ServerMessage): boolean {
    if (event === "OFFER" && body.connectionType === "data") this.#add(body.src, body.connectionId);
    if (event === "LEAVE") this.#withDataChannel.delete(body);
    if (event !== "FORCE_CLOSE") return false;
    const others = this.#withDataChannel.get(body.src);
    if (!others) return true;
    if (others.delete(body.connectionId) && others.size === 0) this.#withDataChannel.delete(body.src);
    return false;
  }

  #add(peerId: PeerId, connectionId: string): void {
    const connections = this.#withDataChannel.get(peerId) ?? new Set();
    connections.add(connectionId);
    forgetOldest(connections, CONNECTIONS_PER_PEER);
    this.#withDataChannel.set(peerId, connections);
    forgetOldest(this.#withDataChannel, LIMITS.contactsPerPeer);
  }
}

function forgetOldest<Key>(kept: { size: number; keys(): Iterable<Key>; delete(key: Key): boolean }, limit: number) {
  if (kept.size <= limit) return;
  for (const oldest of kept.keys()) {
    kept.delete(oldest);
    return;
  }
}
