import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { errorMessage, type RefusedOffer } from "./errors.ts";
import type { PeerId } from "./ids.ts";
import type { PeerMessage, ServerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import type { PeerRegistry } from "./peerRegistry.ts";
import { type PendingConnection, PendingMessages } from "./pendingMessages.ts";
import { recipientOf } from "./recipient.ts";
import type { Rejection } from "./unansweredOffers.ts";

/** Connection id for LEAVE, which refers to no single connection. */
const NO_CONNECTION = "";

/**
 * Relays messages between peers, in order. An offer to a peer that is not connected waits for it, together with the
 * messages that follow. If the peer does not connect in time, the caller receives an error.
 */
export class Relay {
  readonly #registry: PeerRegistry;
  readonly #clock: Clock;
  readonly #pendingMessages: PendingMessages;
  #callCount = 0;

  constructor(registry: PeerRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
    this.#pendingMessages = new PendingMessages(clock, (pending) => this.#giveUp(pending));
  }

  /** Sets the sender's id, so that no peer can impersonate another. */
  pass(from: Peer, message: PeerMessage): void {
    const { dst, connectionId } = message.body;
    const passedOn = { event: message.event, body: { ...message.body, src: from.id } } as ServerMessage;
    if (from.isInternal) from.connections.note(dst, message);
    if (from.link?.refusal) from.offers.sent(message);
    const members = this.#registry.members(dst);
    const to = recipientOf(from.id, message, members);
    if (to) {
      from.addContact(dst);
      to.addContact(from.id);
    }
    if (to?.link) this.#deliver(to, from.id, passedOn);
    else if (!to && members.length > 0) for (const { link } of members) link?.send(passedOn);
    else if (message.event === "FORCE_CLOSE" && this.#withdraw(from.id, dst, connectionId)) return;
    else if (to || message.event === "OFFER" || this.#pendingMessages.find(from.id, dst, connectionId)) {
      const kept = this.#pendingMessages.add(from.id, dst, connectionId, passedOn);
      if (!kept && message.event === "OFFER") this.#sendUnavailable(from, dst, connectionId);
    }
    // Other messages to a peer that is not connected belong to an ended call and are dropped.
  }

  /** Refuses an offer that is not relayed, so that the client does not wait for an answer. */
  refuse(from: Peer, { dst, connectionId, connectionType, sdp }: RefusedOffer): void {
    // An invalid renegotiation must not end the running call.
    if (!from.link?.refusal || from.offers.isAnswered(dst, connectionId)) return;
    from.offers.note(dst, { connectionId, connectionType }, sdp);
    this.#reject(from, dst, from.offers.end(dst, connectionId));
    from.link.send({ event: "FORCE_CLOSE", body: { src: dst, dst: from.id, connectionId } });
  }

  /** Delivers the pending messages to a peer that has connected or reconnected. */
  deliverPending(to: Peer): void {
    const others = this.#registry.members(to.id).filter((one) => one !== to);
    const isForAnother = ({ src, connectionId }: PendingConnection) =>
      others.some(({ connections }) => connections.has(src, connectionId));
    for (const pending of this.#pendingMessages.takeFor(to.id, (one) => !isForAnother(one))) {
      for (const from of this.#registry.members(pending.src)) from.addContact(to.id);
      to.addContact(pending.src);
      for (const message of pending.messages) this.#deliver(to, pending.src, message);
    }
  }

  /** Sends LEAVE to clients that want it as soon as a link breaks. Other clients get it if the peer does not return. */
  notifyLost(peer: Peer): void {
    for (const id of peer.contacts) {
      for (const { link } of this.#registry.members(id)) {
        if (link?.wantsEarlyLeave) link.send({ event: "LEAVE", body: peer.id });
      }
    }
  }

  notifyLeft(peer: Peer): void {
    const remaining = this.#registry.members(peer.id);
    const isItsOwn = (other: PeerId, connectionId: string) =>
      remaining.length === 0 || peer.connections.has(other, connectionId);
    this.#pendingMessages.takeFrom(peer.id, ({ dst, connectionId }) => isItsOwn(dst, connectionId));
    this.#pendingMessages.dropContinuations(peer.id, ({ src, connectionId }) => isItsOwn(src, connectionId));
    for (const id of peer.contacts) {
      const staysKnown = remaining.some((one) => one.hasContact(id));
      for (const other of this.#registry.members(id)) {
        other.connections.endAll(peer.id);
        if (staysKnown) this.#closeAll(peer, other);
        else this.#sendLeave(peer, other);
      }
    }
  }

  #sendLeave(peer: Peer, other: Peer): void {
    const wasLost = peer.cancelGrace !== undefined;
    other.removeContact(peer.id);
    const leave: ServerMessage = { event: "LEAVE", body: peer.id };
    if (!other.link) this.#pendingMessages.add(peer.id, other.id, NO_CONNECTION, leave);
    else if (!(wasLost && other.link.wantsEarlyLeave)) this.#deliver(other, peer.id, leave);
  }

  /** One of several clients under an id has left. Other clients' connections with the same peer continue. */
  #closeAll(peer: Peer, other: Peer): void {
    const { id } = other;
    for (const connectionId of peer.connections.with(id)) {
      const close: ServerMessage = { event: "FORCE_CLOSE", body: { src: peer.id, dst: id, connectionId } };
      if (other.link) this.#deliver(other, peer.id, close);
      else this.#pendingMessages.add(peer.id, id, connectionId, close);
    }
  }

  #deliver(to: Peer, src: PeerId, message: ServerMessage): void {
    if (to.isInternal && isPeerMessage(message)) {
      to.connections.note(src, message);
      if (message.event === "OFFER") {
        this.#callCount += 1;
        to.lastCallNumber = this.#callCount;
      }
    }
    if (message.event === "ANSWER") to.offers.answered(src, message.body.connectionId);
    if (message.event === "FORCE_CLOSE") this.#reject(to, src, to.offers.end(src, message.body.connectionId));
    if (message.event === "LEAVE") for (const rejection of to.offers.endAll(src)) this.#reject(to, src, rejection);
    to.link?.send(message);
  }

  /** Answers an offer with its rejection and hang-ups. Does nothing without a rejection. */
  #reject(to: Peer, src: PeerId, rejection: Rejection | undefined): void {
    if (!rejection || !to.link?.refusal) return;
    const { connectionId, connectionType, sdp } = rejection;
    const about = { src, dst: to.id, connectionId };
    to.link.send({ event: "ANSWER", body: { ...about, connectionType, answer: { type: "answer", sdp } } });
    const hangUp = () => to.link?.send({ event: "FORCE_CLOSE", body: about });
    for (const ms of to.link.refusal.repeatsAfterMs) this.#clock.after(ms, hangUp);
  }

  /** Drops the pending offer of a caller that hangs up before delivery. */
  #withdraw(src: PeerId, dst: PeerId, connectionId: string): boolean {
    if (!this.#pendingMessages.find(src, dst, connectionId)?.hasOffer) return false;
    this.#pendingMessages.take(src, dst, connectionId);
    return true;
  }

  #giveUp({ src, dst, connectionId, hasOffer }: PendingConnection): void {
    const callers = this.#registry.members(src);
    const from = callers.find(({ connections }) => connections.has(dst, connectionId)) ?? callers[0];
    if (from && hasOffer) this.#sendUnavailable(from, dst, connectionId);
  }

  #sendUnavailable(from: Peer, dst: PeerId, connectionId: string): void {
    from.connections.end(dst, connectionId);
    from.link?.send({ event: "ERROR", body: errorMessage("PEER_UNAVAILABLE", { dst, connectionId }) });
    const rejection = from.offers.end(dst, connectionId);
    this.#reject(from, dst, rejection);
    if (rejection) from.link?.send({ event: "FORCE_CLOSE", body: { src: dst, dst: from.id, connectionId } });
  }
}

function isPeerMessage(message: ServerMessage): message is Extract<ServerMessage, { body: { src: PeerId } }> {
  return typeof message.body === "object" && "src" in message.body;
}
