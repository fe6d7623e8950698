import type { Clock } from "./clock.ts";
import { SignalingError } from "./errors.ts";
import { generatePeerId, type PeerId, type Token } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { Link } from "./link.ts";
import { Peer } from "./peer.ts";
import { RECONNECT_GRACE_MS, SIGN_OF_LIFE_LIMIT_MS } from "./times.ts";

export interface PeerRegistryListeners {
  /** Its link broke without a goodbye; it may come back. */
  onLost(peer: Peer): void;
  /** It is not coming back. */
  onLeft(peer: Peer): void;
}

/** Who is there under one API key. */
export class PeerRegistry {
  readonly #peers = new Map<PeerId, Peer>();
  readonly #clock: Clock;
  readonly #listeners: PeerRegistryListeners;

  constructor(clock: Clock, listeners: PeerRegistryListeners) {
    this.#clock = clock;
    this.#listeners = listeners;
  }

  /**
   * Gives a client the id it asks for, or a new one.
   *
   * @returns undefined if another client is connected under the id, as far as is known: see `contest`.
   * @throws SignalingError TOO_MANY_PEERS.
   */
  claim(wanted: PeerId | undefined, token: Token, link: Link): Peer | undefined {
    const id = wanted ?? generatePeerId();
    const present = this.#peers.get(id);
    if (present?.token === token) return replaceLink(present, link);
    if (present?.link) return undefined;
    if (present) this.#leave(present);
    if (this.#peers.size >= LIMITS.peersPerKey) throw new SignalingError("TOO_MANY_PEERS");
    const peer = new Peer(id, token, link);
    this.#peers.set(id, peer);
    return peer;
  }

  /**
   * Claims an id that another client has. A page that was reloaded after its network changed finds its own former
   * socket there, half-open: a holder that shows no sign of life loses the id.
   *
   * @throws SignalingError UNAVAILABLE_ID, TOO_MANY_PEERS.
   */
  async contest(wanted: PeerId, token: Token, link: Link): Promise<Peer> {
    const holder = this.#peers.get(wanted);
    if (holder?.link && !(await holder.link.isAlive(SIGN_OF_LIFE_LIMIT_MS))) {
      if (this.#peers.get(wanted) === holder) this.#leave(holder);
    }
    const peer = link.isOpen && this.claim(wanted, token, link);
    if (!peer) throw new SignalingError("UNAVAILABLE_ID");
    return peer;
  }

  /** The link has ended with a goodbye. Does nothing for a link that was replaced. */
  leave(peer: Peer, link: Link): void {
    if (peer.link === link) this.#leave(peer);
  }

  /** The link broke: the peer keeps its id for a while. Does nothing for a link that was replaced. */
  lose(peer: Peer, link: Link): void {
    if (peer.link !== link) return;
    peer.link = undefined;
    peer.grace = this.#clock.after(RECONNECT_GRACE_MS, () => this.#leave(peer));
    this.#listeners.onLost(peer);
  }

  get(id: PeerId): Peer | undefined {
    return this.#peers.get(id);
  }

  isConnected(id: PeerId): boolean {
    return this.#peers.get(id)?.link !== undefined;
  }

  connectedIds(): PeerId[] {
    return [...this.#peers.values()].filter(({ link }) => link).map(({ id }) => id);
  }

  #leave(peer: Peer): void {
    if (this.#peers.get(peer.id) !== peer) return;
    const { link } = peer;
    peer.grace?.cancel();
    peer.link = undefined;
    this.#peers.delete(peer.id);
    link?.close();
    this.#listeners.onLeft(peer);
  }
}

/** The same client again, after its former link broke, noticed by the server or not. */
function replaceLink(peer: Peer, link: Link): Peer {
  const former = peer.link;
  peer.grace?.cancel();
  peer.grace = undefined;
  peer.link = link;
  former?.close();
  return peer;
}
