import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { RefusedOffer } from "./errors.ts";
import type { PeerId, Token } from "./ids.ts";
import type { Link } from "./link.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { PeerRegistry } from "./peerRegistry.ts";
import { Relay } from "./relay.ts";

/** The peers of one API key. They can reach only each other. */
export class Tenant {
  readonly #registry: PeerRegistry;
  readonly #relay: Relay;

  constructor(clock: Clock) {
    this.#registry = new PeerRegistry(clock, {
      onLost: (peer) => this.#relay.notifyLost(peer),
      onLeft: (peer) => this.#relay.notifyLeft(peer),
    });
    this.#relay = new Relay(this.#registry, clock);
  }

  /**
   * Registers a client and sends it OPEN.
   *
   * @returns the peer; a promise if another client has the id and must be pinged first.
   * @throws SignalingError UNAVAILABLE_ID, TOO_MANY_PEERS.
   */
  join(wanted: PeerId | undefined, token: Token, link: Link): Peer | Promise<Peer> {
    const peer = this.#registry.claim(wanted, token, link);
    if (peer) return this.#welcome(peer);
    if (wanted === undefined) return this.join(wanted, token, link); // The generated id is in use; very unlikely.
    return this.#registry.contest(wanted, token, link).then((won) => this.#welcome(won));
  }

  pass(from: Peer, message: PeerMessage): void {
    this.#relay.pass(from, message);
  }

  /** Refuses an offer that is not relayed. */
  refuse(from: Peer, offer: RefusedOffer): void {
    this.#relay.refuse(from, offer);
  }

  /** @param disconnectKind `left` if the client closed its link, `lost` if the link broke and it may reconnect. */
  depart(peer: Peer, link: Link, disconnectKind: "left" | "lost"): void {
    if (disconnectKind === "left") this.#registry.leave(peer, link);
    else this.#registry.lose(peer, link);
  }

  isConnected(id: PeerId): boolean {
    return this.#registry.isConnected(id);
  }

  connectedIds(): PeerId[] {
    return this.#registry.connectedIds();
  }

  #welcome(peer: Peer): Peer {
    peer.link?.send({ event: "OPEN", body: { peerId: peer.id } });
    for (const message of peer.missed) peer.link?.send(message);
    peer.missed = [];
    this.#relay.deliverPending(peer);
    return peer;
  }
}
