import type { Clock } from "./clock.ts";
import { errorMessage } from "./errors.ts";
import type { PeerId } from "./ids.ts";
import type { PeerMessage, ServerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import type { PeerRegistry } from "./peerRegistry.ts";
import { type Waiting, WaitingRoom } from "./waitingRoom.ts";

/** LEAVE is about no single connection. */
const NO_CONNECTION = "";

/**
 * Passes messages from peer to peer, in the order in which they come. Offers to a peer that is away for a moment
 * wait for it with all that follows them; if it does not come the caller is told.
 */
export class Relay {
  readonly #registry: PeerRegistry;
  readonly #waitingRoom: WaitingRoom;

  constructor(registry: PeerRegistry, clock: Clock) {
    this.#registry = registry;
    this.#waitingRoom = new WaitingRoom(clock, (waiting) => this.#giveUp(waiting));
  }

  /** The sender's id is set here, so no peer can speak for another. */
  pass(from: Peer, message: PeerMessage): void {
    const { dst, connectionId } = message.body;
    const passedOn = { event: message.event, body: { ...message.body, src: from.id } } as ServerMessage;
    const to = this.#registry.get(dst);
    if (to) {
      from.remember(dst);
      to.remember(from.id);
    }
    if (to?.link) to.link.send(passedOn);
    else if (message.event === "FORCE_CLOSE" && this.#withdraw(from.id, dst, connectionId)) return;
    else if (to || message.event === "OFFER" || this.#waitingRoom.find(from.id, dst, connectionId)) {
      const kept = this.#waitingRoom.keep(from.id, dst, connectionId, passedOn);
      if (!kept && message.event === "OFFER") sayUnavailable(from, dst, connectionId);
    }
    // What else goes to a peer that is not there is the tail of a call that has ended.
  }

  /** Hands a peer that is (again) connected what waited for it. */
  deliverWaiting(to: Peer): void {
    for (const waiting of this.#waitingRoom.takeFor(to.id)) {
      const from = this.#registry.get(waiting.src);
      from?.remember(to.id);
      to.remember(waiting.src);
      for (const message of waiting.messages) to.link?.send(message);
    }
  }

  /** Those who weigh LEAVE against media hear of a broken link at once, the others only if the peer stays away. */
  tellLost(peer: Peer): void {
    for (const id of peer.acquaintances) {
      const other = this.#registry.get(id);
      if (other?.link?.weighsLeave) other.link.send({ event: "LEAVE", body: peer.id });
    }
  }

  tellLeft(peer: Peer): void {
    const wasLost = peer.grace !== undefined;
    this.#waitingRoom.takeFrom(peer.id);
    this.#waitingRoom.dropContinuations(peer.id);
    for (const id of peer.acquaintances) {
      const other = this.#registry.get(id);
      if (!other) continue;
      other.forget(peer.id);
      const leave: ServerMessage = { event: "LEAVE", body: peer.id };
      if (!other.link) this.#waitingRoom.keep(peer.id, id, NO_CONNECTION, leave);
      else if (!(wasLost && other.link.weighsLeave)) other.link.send(leave);
    }
  }

  /** A caller that hangs up before its offer was delivered. */
  #withdraw(src: PeerId, dst: PeerId, connectionId: string): boolean {
    if (!this.#waitingRoom.find(src, dst, connectionId)?.hasOffer) return false;
    this.#waitingRoom.take(src, dst, connectionId);
    return true;
  }

  #giveUp({ src, dst, connectionId, hasOffer }: Waiting): void {
    const from = this.#registry.get(src);
    if (from && hasOffer) sayUnavailable(from, dst, connectionId);
  }
}

function sayUnavailable(from: Peer, dst: PeerId, connectionId: string): void {
  from.link?.send({ event: "ERROR", body: errorMessage("PEER_UNAVAILABLE", { dst, connectionId }) });
}
