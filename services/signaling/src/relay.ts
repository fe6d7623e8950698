import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { errorMessage } from "./errors.ts";
import type { PeerId } from "./ids.ts";
import type { PeerMessage, ServerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import type { PeerRegistry } from "./peerRegistry.ts";
import { receiverOf } from "./receiver.ts";
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
  #turn = 0;

  constructor(registry: PeerRegistry, clock: Clock) {
    this.#registry = registry;
    this.#waitingRoom = new WaitingRoom(clock, (waiting) => this.#giveUp(waiting));
  }

  /** The sender's id is set here, so no peer can speak for another. */
  pass(from: Peer, message: PeerMessage): void {
    const { dst, connectionId } = message.body;
    const passedOn = { event: message.event, body: { ...message.body, src: from.id } } as ServerMessage;
    if (from.isInside) from.connections.note(dst, message);
    const members = this.#registry.members(dst);
    const to = receiverOf(from.id, message, members);
    if (to) {
      from.remember(dst);
      to.remember(from.id);
    }
    if (to?.link) this.#hand(to, from.id, passedOn);
    else if (!to && members.length > 0) for (const { link } of members) link?.send(passedOn);
    else if (message.event === "FORCE_CLOSE" && this.#withdraw(from.id, dst, connectionId)) return;
    else if (to || message.event === "OFFER" || this.#waitingRoom.find(from.id, dst, connectionId)) {
      const kept = this.#waitingRoom.keep(from.id, dst, connectionId, passedOn);
      if (!kept && message.event === "OFFER") sayUnavailable(from, dst, connectionId);
    }
    // What else goes to a peer that is not there is the tail of a call that has ended.
  }

  /** Hands a peer that is (again) connected what waited for it. */
  deliverWaiting(to: Peer): void {
    const others = this.#registry.members(to.id).filter((one) => one !== to);
    const isForAnother = ({ src, connectionId }: Waiting) =>
      others.some(({ connections }) => connections.has(src, connectionId));
    for (const waiting of this.#waitingRoom.takeFor(to.id, (one) => !isForAnother(one))) {
      for (const from of this.#registry.members(waiting.src)) from.remember(to.id);
      to.remember(waiting.src);
      for (const message of waiting.messages) this.#hand(to, waiting.src, message);
    }
  }

  /** Those who weigh LEAVE against media hear of a broken link at once, the others only if the peer stays away. */
  tellLost(peer: Peer): void {
    for (const id of peer.acquaintances) {
      for (const { link } of this.#registry.members(id)) {
        if (link?.weighsLeave) link.send({ event: "LEAVE", body: peer.id });
      }
    }
  }

  tellLeft(peer: Peer): void {
    const remaining = this.#registry.members(peer.id);
    const isItsOwn = (other: PeerId, connectionId: string) =>
      remaining.length === 0 || peer.connections.has(other, connectionId);
    this.#waitingRoom.takeFrom(peer.id, ({ dst, connectionId }) => isItsOwn(dst, connectionId));
    this.#waitingRoom.dropContinuations(peer.id, ({ src, connectionId }) => isItsOwn(src, connectionId));
    for (const id of peer.acquaintances) {
      const staysKnown = remaining.some((one) => one.isAcquaintedWith(id));
      for (const other of this.#registry.members(id)) {
        other.connections.endAll(peer.id);
        if (staysKnown) this.#closeAll(peer, other);
        else this.#sayLeft(peer, other);
      }
    }
  }

  #sayLeft(peer: Peer, other: Peer): void {
    const wasLost = peer.cancelGrace !== undefined;
    other.forget(peer.id);
    const leave: ServerMessage = { event: "LEAVE", body: peer.id };
    if (!other.link) this.#waitingRoom.keep(peer.id, other.id, NO_CONNECTION, leave);
    else if (!(wasLost && other.link.weighsLeave)) other.link.send(leave);
  }

  /** One of several under an id has gone: others of them have connections with the same peer, which go on. */
  #closeAll(peer: Peer, { id, link }: Peer): void {
    for (const connectionId of peer.connections.with(id)) {
      const close: ServerMessage = { event: "FORCE_CLOSE", body: { src: peer.id, dst: id, connectionId } };
      if (link) link.send(close);
      else this.#waitingRoom.keep(peer.id, id, connectionId, close);
    }
  }

  #hand(to: Peer, src: PeerId, message: ServerMessage): void {
    if (to.isInside && isPeerMessage(message)) {
      to.connections.note(src, message);
      if (message.event === "OFFER") {
        this.#turn += 1;
        to.lastTurn = this.#turn;
      }
    }
    to.link?.send(message);
  }

  /** A caller that hangs up before its offer was delivered. */
  #withdraw(src: PeerId, dst: PeerId, connectionId: string): boolean {
    if (!this.#waitingRoom.find(src, dst, connectionId)?.hasOffer) return false;
    this.#waitingRoom.take(src, dst, connectionId);
    return true;
  }

  #giveUp({ src, dst, connectionId, hasOffer }: Waiting): void {
    const callers = this.#registry.members(src);
    const from = callers.find(({ connections }) => connections.has(dst, connectionId)) ?? callers[0];
    if (from && hasOffer) sayUnavailable(from, dst, connectionId);
  }
}

function isPeerMessage(message: ServerMessage): message is Extract<ServerMessage, { body: { src: PeerId } }> {
  return typeof message.body === "object" && "src" in message.body;
}

function sayUnavailable(from: Peer, dst: PeerId, connectionId: string): void {
  from.connections.end(dst, connectionId);
  from.link?.send({ event: "ERROR", body: errorMessage("PEER_UNAVAILABLE", { dst, connectionId }) });
}
