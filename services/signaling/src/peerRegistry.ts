import type { Clock } from "@skyway-call-recorder/process/clock.ts";
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

/** Who is there under one API key. Clients of this bundle that ask for the same id have it together. */
export class PeerRegistry {
  readonly #peers = new Map<PeerId, readonly Peer[]>();
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
    const isInside = link.insideAddress !== undefined;
    const same = this.members(id).find((peer) => peer.token === token && peer.isInside === isInside);
    if (same) return replaceLink(same, link);
    const rivals = this.members(id).filter((peer) => !peer.sharesWith(link));
    if (rivals.some((peer) => peer.link || (peer.isInside && !isInside))) return undefined;
    for (const rival of rivals) this.#leave(rival);
    const present = this.members(id);
    if (present.length === 0 && this.#peers.size >= LIMITS.peersPerKey) throw new SignalingError("TOO_MANY_PEERS");
    const peer = new Peer(id, token, link);
    this.#peers.set(id, [...present, peer]);
    return peer;
  }

  /**
   * Claims an id that another client has. A page that was reloaded after its network changed finds its own former
   * socket there, half-open: a holder that shows no sign of life loses the id. No service of this bundle loses its id
   * to a client from outside, however long its answers take.
   *
   * @throws SignalingError UNAVAILABLE_ID, TOO_MANY_PEERS.
   */
  async contest(wanted: PeerId, token: Token, link: Link): Promise<Peer> {
    const isInside = link.insideAddress !== undefined;
    const rivals = this.members(wanted).filter((peer) => !peer.sharesWith(link) && (isInside || !peer.isInside));
    await Promise.all(
      rivals.map(async (holder) => {
        if (holder.link && !(await holder.link.isAlive(SIGN_OF_LIFE_LIMIT_MS))) this.#leave(holder);
      }),
    );
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
    peer.missed = link.unconfirmed ?? [];
    peer.link = undefined;
    peer.cancelGrace = this.#clock.after(RECONNECT_GRACE_MS, () => this.#leave(peer));
    this.#listeners.onLost(peer);
  }

  /** Clients under an id: none, one, or several of this bundle. */
  members(id: PeerId): readonly Peer[] {
    return this.#peers.get(id) ?? [];
  }

  isConnected(id: PeerId): boolean {
    return this.members(id).some(({ link }) => link);
  }

  /** Each once, however many clients share it. */
  connectedIds(): PeerId[] {
    return [...this.#peers.keys()].filter((id) => this.isConnected(id));
  }

  #leave(peer: Peer): void {
    const members = this.members(peer.id);
    if (!members.includes(peer)) return;
    const { link } = peer;
    peer.cancelGrace?.();
    peer.link = undefined;
    const others = members.filter((one) => one !== peer);
    if (others.length > 0) this.#peers.set(peer.id, others);
    else this.#peers.delete(peer.id);
    link?.close();
    this.#listeners.onLeft(peer);
  }
}

/** The same client again, after its former link broke, noticed by the server or not. */
function replaceLink(peer: Peer, link: Link): Peer {
  const former = peer.link;
  if (former) peer.missed = former.unconfirmed ?? [];
  peer.cancelGrace?.();
  peer.cancelGrace = undefined;
  peer.link = link;
  former?.close();
  return peer;
}
