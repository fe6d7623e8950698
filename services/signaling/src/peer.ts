import type { Cancel } from "@skyway-call-recorder/process/clock.ts";
import { Connections } from "./connections.ts";
import type { PeerId, Token } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { Link } from "./link.ts";
import type { ServerMessage } from "./messages.ts";

/**
 * A client under its id, which clients within the bundle may share. It outlives its link for a moment, so that a broken
 * one can be replaced.
 */
export class Peer {
  readonly id: PeerId;
  readonly token: Token;
  link: Link | undefined;
  /** What may not have reached the client by its former link. */
  missed: readonly ServerMessage[] = [];
  /** Ends the time that the peer keeps its id without a link; undefined while it has one. */
  cancelGrace: Cancel | undefined;
  /** Of its first link: undefined for a client from outside. */
  readonly insideAddress: string | undefined;
  readonly connections = new Connections();
  /** Counts up with every call that one of the clients under this id is given. */
  lastTurn = 0;
  readonly #acquaintances = new Set<PeerId>();

  constructor(id: PeerId, token: Token, link: Link) {
    this.id = id;
    this.token = token;
    this.link = link;
    this.insideAddress = link.insideAddress;
  }

  /** Whether another client may have the same id beside this one: both are of this bundle, and not in one place. */
  sharesWith({ insideAddress }: Link): boolean {
    return this.isInside && insideAddress !== undefined && insideAddress !== this.insideAddress;
  }

  get isInside(): boolean {
    return this.insideAddress !== undefined;
  }

  /** Peers that this one has exchanged messages with: they are told when it leaves. */
  get acquaintances(): Iterable<PeerId> {
    return this.#acquaintances;
  }

  remember(id: PeerId): void {
    if (id === this.id || this.#acquaintances.has(id)) return;
    if (this.#acquaintances.size >= LIMITS.acquaintances) {
      for (const oldest of this.#acquaintances) {
        this.#acquaintances.delete(oldest);
        break;
      }
    }
    this.#acquaintances.add(id);
  }

  isAcquaintedWith(id: PeerId): boolean {
    return this.#acquaintances.has(id);
  }

  forget(id: PeerId): void {
    this.#acquaintances.delete(id);
  }
}
