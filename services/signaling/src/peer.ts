import type { Cancel } from "@skyway-call-recorder/process/clock.ts";
import { Connections } from "./connections.ts";
import type { PeerId, Token } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { Link } from "./link.ts";
import type { ServerMessage } from "./messages.ts";
import { UnansweredOffers } from "./unansweredOffers.ts";

/**
 * A registered client. Clients of this bundle may share an id. A peer is kept for a short time after its link breaks,
 * so that the client can reconnect.
 */
export class Peer {
  readonly id: PeerId;
  readonly token: Token;
  link: Link | undefined;
  /** Messages that may not have arrived over the previous link. */
  missed: readonly ServerMessage[] = [];
  /** Ends the grace period, which runs while there is no link. */
  cancelGrace: Cancel | undefined;
  /** Clients that wait for the end of the grace period because they want this id. */
  readonly waiting: (() => void)[] = [];
  readonly registeredAtMs: number;
  /** From the first link; undefined for external clients. */
  readonly internalAddress: string | undefined;
  readonly connections = new Connections();
  /** Noted only for clients with a `refusal`. */
  readonly offers = new UnansweredOffers();
  /** Sequence number of the last call that this client received. */
  lastCallNumber = 0;
  readonly #contacts = new Set<PeerId>();

  constructor(id: PeerId, token: Token, link: Link, registeredAtMs: number) {
    this.registeredAtMs = registeredAtMs;
    this.id = id;
    this.token = token;
    this.link = link;
    this.internalAddress = link.internalAddress;
  }

  /** Whether another client may have the same id: both belong to this bundle and have different addresses. */
  sharesWith({ internalAddress }: Link): boolean {
    return this.isInternal && internalAddress !== undefined && internalAddress !== this.internalAddress;
  }

  get isInternal(): boolean {
    return this.internalAddress !== undefined;
  }

  /** Peers with which this peer has exchanged messages. They receive LEAVE when it leaves. */
  get contacts(): Iterable<PeerId> {
    return this.#contacts;
  }

  addContact(id: PeerId): void {
    if (id === this.id || this.#contacts.has(id)) return;
    if (this.#contacts.size >= LIMITS.contactsPerPeer) {
      for (const oldest of this.#contacts) {
        this.#contacts.delete(oldest);
        break;
      }
    }
    this.#contacts.add(id);
  }

  hasContact(id: PeerId): boolean {
    return this.#contacts.has(id);
  }

  removeContact(id: PeerId): void {
    this.#contacts.delete(id);
  }
}
