import { GatewayError } from "../errors.ts";
import type { Credential } from "./credential.ts";
import { Peer, type PeerDependencies } from "./peer.ts";
import { SignalingClient } from "./signalingClient.ts";

/** How long CLOSE of a closed peer can be read. */
const CLOSED_KEPT_MS = 10 * 60_000;
const MAX_CLOSED_KEPT = 1_000;

export interface PeerOptions {
  key: string;
  peerId: string | undefined;
  credential: Credential | undefined;
}

/** Longer than a poll, and than a program needs between two polls. */
export const DEFAULT_UNUSED_PEER_MS = 60_000;

/** All peers by token. A closed peer is kept until its CLOSE was read, or for CLOSED_KEPT_MS. */
export class Peers {
  readonly #signalingUrl: string;
  readonly #dependencies: PeerDependencies;
  readonly #unusedMs: number;
  readonly #byToken = new Map<string, Peer>();
  /** Ids that are being registered, so that concurrent requests cannot register the same one. */
  readonly #registering = new Set<string>();
  #isClosing = false;

  /** @param unusedMs how long no program may have used a peer whose id another one gets; see `create`. */
  constructor(signalingUrl: string, dependencies: PeerDependencies, unusedMs = DEFAULT_UNUSED_PEER_MS) {
    this.#signalingUrl = signalingUrl;
    this.#dependencies = dependencies;
    this.#unusedMs = unusedMs;
  }

  /**
   * Registers a peer with signalling. A program that ended without DELETE has left its peer behind, with a token that
   * nobody else has. Such a peer is closed if its id is wanted again.
   *
   * @throws GatewayError PEER_ID_TAKEN, KEY_REFUSED, INVALID_PEER_ID, SIGNALING_REFUSED, SIGNALING_UNREACHABLE,
   *   SHUTTING_DOWN.
   */
  async create({ key, peerId, credential }: PeerOptions): Promise<Peer> {
    let holder: Peer | undefined;
    const name = peerId === undefined ? undefined : JSON.stringify([key, peerId]);
    if (name !== undefined) {
      holder = this.#running.find((peer) => peer.key === key && peer.id === peerId);
      if (this.#registering.has(name) || (holder && !this.#isAbandoned(holder))) {
        throw new GatewayError("PEER_ID_TAKEN", undefined, { field: "peer_id" });
      }
      this.#registering.add(name);
    }
    try {
      if (holder) await this.close(holder, "peer_deleted");
      const registration = { signalingUrl: this.#signalingUrl, key, peerId, credential };
      const registered = await SignalingClient.register(registration, this.#dependencies.log.child({ peerId }));
      const peer = new Peer(registered.peerId, key, registered.signaling, this.#dependencies);
      this.#byToken.set(peer.token, peer);
      if (this.#isClosing) {
        await this.close(peer, "shutdown");
        throw new GatewayError("SHUTTING_DOWN");
      }
      return peer;
    } finally {
      if (name !== undefined) this.#registering.delete(name);
    }
  }

  /**
   * A running peer, or one whose CLOSE has not been read yet.
   *
   * @throws GatewayError UNKNOWN_ID, WRONG_TOKEN.
   */
  find(peerId: string, token: string): Peer {
    const peer = this.#byToken.get(token);
    if (peer?.id === peerId && !(peer.isClosed && peer.events.endDelivered)) {
      peer.lastUsedMs = this.#dependencies.clock.now();
      return peer;
    }
    const isKnown = this.#running.some(({ id }) => id === peerId);
    throw isKnown
      ? new GatewayError("WRONG_TOKEN", undefined, { field: "token" })
      : new GatewayError("UNKNOWN_ID", undefined, { field: "peer_id" });
  }

  /** A running peer. @throws GatewayError UNKNOWN_ID, WRONG_TOKEN. */
  findRunning(peerId: string, token: string): Peer {
    const peer = this.find(peerId, token);
    if (peer.isClosed) throw new GatewayError("UNKNOWN_ID", undefined, { field: "peer_id" });
    return peer;
  }

  /** Whether the gateway is shutting down. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get counts(): { open: number; disconnected: number } {
    const disconnected = this.#running.filter((peer) => peer.disconnected).length;
    return { open: this.#running.length - disconnected, disconnected };
  }

  async close(peer: Peer, reason: "peer_deleted" | "shutdown"): Promise<void> {
    await peer.close(reason);
    this.#dependencies.clock.after(CLOSED_KEPT_MS, () => this.#byToken.delete(peer.token));
    const closed = [...this.#byToken.values()].filter(({ isClosed }) => isClosed);
    for (const { token } of closed.slice(0, Math.max(0, closed.length - MAX_CLOSED_KEPT))) this.#byToken.delete(token);
  }

  /** Closes all peers; new ones are rejected from now on. */
  async closeAll(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#running.map((peer) => this.close(peer, "shutdown")));
  }

  #isAbandoned(peer: Peer): boolean {
    return this.#dependencies.clock.now() - peer.lastUsedMs >= this.#unusedMs && !peer.isInCall;
  }

  get #running(): Peer[] {
    return [...this.#byToken.values()].filter(({ isClosed }) => !isClosed);
  }
}
