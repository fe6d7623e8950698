import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { SignalingError } from "./errors.ts";
import { generatePeerId, type PeerId, type Token } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import type { Link } from "./link.ts";
import { Peer } from "./peer.ts";
import { AFTER_START_MS, LIVENESS_LIMIT_MS, RECONNECT_GRACE_MS } from "./times.ts";

export interface PeerRegistryListeners {
  /** The link broke without a close; the client may reconnect. */
  onLost(peer: Peer): void;
  /** The peer has left. */
  onLeft(peer: Peer): void;
}

/** The peers of one API key. Clients of this bundle that request the same id share it. */
export class PeerRegistry {
  readonly #peers = new Map<PeerId, readonly Peer[]>();
  readonly #clock: Clock;
  readonly #listeners: PeerRegistryListeners;
  readonly #startedAtMs: number;

  constructor(clock: Clock, listeners: PeerRegistryListeners) {
    this.#startedAtMs = clock.now();
    this.#clock = clock;
    this.#listeners = listeners;
  }

  /**
   * Registers a client under the requested id, or under a new one.
   *
   * @returns undefined if another client has the id: see `contest`.
   * @throws SignalingError TOO_MANY_PEERS.
   */
  claim(wanted: PeerId | undefined, token: Token, link: Link): Peer | undefined {
    const id = wanted ?? generatePeerId();
    const isInternal = link.internalAddress !== undefined;
    const same = this.members(id).find((peer) => peer.token === token && peer.isInternal === isInternal);
    if (same) return replaceLink(same, link);
    const rivals = this.members(id).filter((peer) => !peer.sharesWith(link));
    if (rivals.some((rival) => !this.#yields(rival, link))) return undefined;
    for (const rival of rivals) this.#leave(rival);
    const present = this.members(id);
    if (present.length === 0 && this.#peers.size >= LIMITS.peersPerKey) throw new SignalingError("TOO_MANY_PEERS");
    const peer = new Peer(id, token, link, this.#clock.now());
    this.#peers.set(id, [...present, peer]);
    return peer;
  }

  /**
   * Claims an id that another client has. A holder that does not answer a ping is lost: it may be the half-open former
   * socket of a page that was reloaded after a network change. It has the same time to return as every lost client, and
   * the claim waits for that. A service of this bundle does not wait, and never loses its id to an external client.
   *
   * @throws SignalingError UNAVAILABLE_ID, TOO_MANY_PEERS.
   */
  async contest(wanted: PeerId, token: Token, link: Link): Promise<Peer> {
    const isInternal = link.internalAddress !== undefined;
    const rivals = this.members(wanted).filter((peer) => !peer.sharesWith(link) && (isInternal || !peer.isInternal));
    await Promise.all(
      rivals.map(async (holder) => {
        const held = holder.link;
        if (held && !(await held.isAlive(LIVENESS_LIMIT_MS))) this.#giveUp(holder, held, isInternal);
        const isAway = this.members(wanted).includes(holder) && !holder.link;
        if (isAway && !isInternal) await new Promise<void>((resolve) => holder.waiting.push(resolve));
      }),
    );
    const peer = link.isOpen && this.claim(wanted, token, link);
    if (!peer) throw new SignalingError("UNAVAILABLE_ID");
    return peer;
  }

  /** The link was closed. Does nothing for a link that was replaced. */
  leave(peer: Peer, link: Link): void {
    if (peer.link === link) this.#leave(peer);
  }

  /** The link broke. The peer keeps its id for a grace period. Does nothing for a link that was replaced. */
  lose(peer: Peer, link: Link): void {
    if (peer.link !== link) return;
    peer.missed = link.unconfirmed ?? [];
    peer.link = undefined;
    peer.cancelGrace = this.#clock.after(RECONNECT_GRACE_MS, () => this.#leave(peer));
    this.#listeners.onLost(peer);
  }

  /** Clients under an id: none, one, or several services of this bundle. */
  members(id: PeerId): readonly Peer[] {
    return this.#peers.get(id) ?? [];
  }

  isConnected(id: PeerId): boolean {
    return this.members(id).some(({ link }) => link);
  }

  /** Every id once, even if several clients share it. */
  connectedIds(): PeerId[] {
    return [...this.#peers.keys()].filter((id) => this.isConnected(id));
  }

  /**
   * Whether a peer loses its id to a client with another token. Only services of this bundle get an id during the grace
   * period of its owner. After a start, they also get it from a client that was faster.
   */
  #yields(peer: Peer, to: Link): boolean {
    if (to.internalAddress === undefined) return false;
    return !peer.link || (!peer.isInternal && peer.registeredAtMs - this.#startedAtMs < AFTER_START_MS);
  }

  #giveUp(holder: Peer, link: Link, isForService: boolean): void {
    if (holder.link !== link) return;
    if (isForService) this.#leave(holder);
    else {
      this.lose(holder, link);
      link.close();
    }
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
    decideWaiting(peer);
  }
}

/** The same client has reconnected. The server may not have noticed yet that the former link broke. */
function replaceLink(peer: Peer, link: Link): Peer {
  const former = peer.link;
  if (former) peer.missed = former.unconfirmed ?? [];
  peer.cancelGrace?.();
  peer.cancelGrace = undefined;
  peer.link = link;
  former?.close();
  decideWaiting(peer);
  return peer;
}

/** The owner has returned or left: clients that wait for its id claim it again. */
function decideWaiting(peer: Peer): void {
  for (const resume of peer.waiting.splice(0)) resume();
}
