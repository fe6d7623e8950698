import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { PeerId, Token } from "./ids.ts";
import type { Link } from "./link.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { PeerRegistry } from "./peerRegistry.ts";
import { Relay } from "./relay.ts";

/** Everyone under one API key: they find each other, and nobody else. */
export class World {
  readonly #registry: PeerRegistry;
  readonly #relay: Relay;

  constructor(clock: Clock) {
    this.#registry = new PeerRegistry(clock, {
      onLost: (peer) => this.#relay.tellLost(peer),
      onLeft: (peer) => this.#relay.tellLeft(peer),
    });
    this.#relay = new Relay(this.#registry, clock);
  }

  /**
   * Registers a client and welcomes it with OPEN.
   *
   * @returns at once, unless another client has the id and must be asked for a sign of life first.
   * @throws SignalingError UNAVAILABLE_ID, TOO_MANY_PEERS.
   */
  join(wanted: PeerId | undefined, token: Token, link: Link): Peer | Promise<Peer> {
    const peer = this.#registry.claim(wanted, token, link);
    if (peer) return this.#welcome(peer);
    if (wanted === undefined) return this.join(wanted, token, link); // A generated id that is taken, by a wonder.
    return this.#registry.contest(wanted, token, link).then((won) => this.#welcome(won));
  }

  pass(from: Peer, message: PeerMessage): void {
    this.#relay.pass(from, message);
  }

  /** @param manner whether the client said goodbye, or its link broke and it may come back. */
  depart(peer: Peer, link: Link, manner: "left" | "lost"): void {
    if (manner === "left") this.#registry.leave(peer, link);
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
    this.#relay.deliverWaiting(peer);
    return peer;
  }
}
