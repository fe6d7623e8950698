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
  /** Calls that skyway-js started, by remote peer. */
  readonly #withoutDataChannel = new Map<PeerId, Set<string>>();

  sent({ event, body }: PeerMessage): void {
    if (event === "OFFER") add(this.#withDataChannel, body.dst, body.connectionId);
  }

  /** @returns whether this message is a hang-up that must be sent as LEAVE. */
  received({ event, body }: ServerMessage): boolean {
    if (event === "OFFER") {
      const same = body.connectionType === "data" ? this.#withDataChannel : this.#withoutDataChannel;
      add(same, body.src, body.connectionId);
    }
    if (event === "LEAVE") for (const same of [this.#withDataChannel, this.#withoutDataChannel]) same.delete(body);
    if (event !== "FORCE_CLOSE") return false;
    const hadDataChannel = this.#withDataChannel.has(body.src);
    remove(this.#withDataChannel, body.src, body.connectionId);
    const isCall = remove(this.#withoutDataChannel, body.src, body.connectionId);
    // A repeated hang-up of another connection must not end a call that skyway-js started.
    return !hadDataChannel && (isCall || !this.#withoutDataChannel.has(body.src));
  }
}

function add(connections: Map<PeerId, Set<string>>, peerId: PeerId, connectionId: string): void {
  const same = connections.get(peerId) ?? new Set();
  same.add(connectionId);
  forgetOldest(same, CONNECTIONS_PER_PEER);
  connections.set(peerId, same);
  forgetOldest(connections, LIMITS.contactsPerPeer);
}

/** @returns whether it was there. */
function remove(connections: Map<PeerId, Set<string>>, peerId: PeerId, connectionId: string): boolean {
  const same = connections.get(peerId);
  const wasThere = same?.delete(connectionId) ?? false;
  if (same?.size === 0) connections.delete(peerId);
  return wasThere;
}

function forgetOldest<Key>(kept: { size: number; keys(): Iterable<Key>; delete(key: Key): boolean }, limit: number) {
  if (kept.size <= limit) return;
  for (const oldest of kept.keys()) {
    kept.delete(oldest);
    return;
  }
}
