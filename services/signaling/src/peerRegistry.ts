import { type ErrorCode, RegistrationRefused } from "./errors.ts";
import { generatePeerId, isPeerId } from "./peerId.ts";

/** Enough for a large site; few enough that one key cannot fill the memory. */
export const MAX_PEERS_PER_KEY = 10_000;

/** How the registry reaches a client, whatever protocol it speaks. */
export interface Connection {
  send(event: string, message: unknown): void;
  /** Ends the connection without another word. */
  drop(): void;
}

/** A client under its id, in the world of its API key. */
export class Peer {
  readonly key: string;
  readonly id: string;
  readonly token: string | undefined;
  readonly connection: Connection;
  /** Ids that this peer has exchanged messages with: they are told when it leaves. */
  readonly acquaintances = new Set<string>();

  constructor(key: string, id: string, token: string | undefined, connection: Connection) {
    this.key = key;
    this.id = id;
    this.token = token;
    this.connection = connection;
  }
}

/** Who is there. Each API key is a world of its own. */
export class PeerRegistry {
  readonly #worlds = new Map<string, Map<string, Peer>>();

  constructor(apiKeys: Iterable<string>) {
    for (const key of apiKeys) this.#worlds.set(key, new Map());
  }

  /**
   * @param wanted the id that the client asks for; one is made when it is absent.
   * @param token the client's random token: with the same one, a client takes its own id again after a break.
   * @throws RegistrationRefused INVALID_KEY, INVALID_ID, UNAVAILABLE_ID or TOO_MANY_PEERS.
   */
  register(key: string, wanted: string | undefined, token: string | undefined, connection: Connection): Peer {
    const world = this.#worlds.get(key);
    if (!world) throw refused("INVALID_KEY");
    if (wanted !== undefined && !isPeerId(wanted)) throw refused("INVALID_ID");
    const peer = new Peer(key, wanted ?? generatePeerId(), token, connection);
    const present = world.get(peer.id);
    if (present) {
      if (token === undefined || present.token !== token) throw refused("UNAVAILABLE_ID");
      // The same client again: its former connection is dead, only nobody has noticed yet.
      for (const id of present.acquaintances) peer.acquaintances.add(id);
      world.set(peer.id, peer);
      present.connection.drop();
    } else if (world.size >= MAX_PEERS_PER_KEY) {
      throw refused("TOO_MANY_PEERS");
    }
    world.set(peer.id, peer);
    return peer;
  }

  /** Removes a peer and tells those it talked to. Does nothing for a connection that was replaced. */
  leave(peer: Peer): void {
    const world = this.#worlds.get(peer.key);
    if (world?.get(peer.id) !== peer) return;
    world.delete(peer.id);
    for (const id of peer.acquaintances) {
      const other = world.get(id);
      other?.acquaintances.delete(peer.id);
      other?.connection.send("LEAVE", peer.id);
    }
  }

  find(key: string, id: string): Peer | undefined {
    return this.#worlds.get(key)?.get(id);
  }

  /** @returns undefined for an unknown key. */
  ids(key: string): string[] | undefined {
    const world = this.#worlds.get(key);
    return world && [...world.keys()];
  }

  get size(): number {
    let size = 0;
    for (const world of this.#worlds.values()) size += world.size;
    return size;
  }
}

function refused(code: ErrorCode): RegistrationRefused {
  return new RegistrationRefused(code);
}
