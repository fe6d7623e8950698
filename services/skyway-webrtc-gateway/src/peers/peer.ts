import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { type CallEnd, type Media, MediaConnection } from "../connections/mediaConnection.ts";
import type { MediaConnections } from "../connections/mediaConnections.ts";
import { EventStream } from "../events/eventStream.ts";
import { newPeerToken } from "../ids.ts";
import type { Credential } from "./credential.ts";
import { type PeerEvent, type PeerParams, peerErrorMessage } from "./peerEvents.ts";
import type { SignalingClient } from "./signalingClient.ts";
import type { Messages, Offer } from "./signalingMessages.ts";

/** More calls than this at once are an attack, or a mistake. */
const MAX_CALLS = 1_000;

/** What a peer needs around it. */
export interface Rooms {
  connections: MediaConnections;
  media: Media;
  clock: Clock;
  log: Logger;
}

/** An identity that is registered on signalling, and the calls to it. */
export class Peer {
  readonly id: string;
  readonly key: string;
  readonly token = newPeerToken();
  readonly events: EventStream<PeerEvent>;
  readonly #signaling: SignalingClient;
  readonly #rooms: Rooms;
  readonly #log: Logger;
  /** By `callKey`: two callers may choose the same name for their connections. */
  readonly #calls = new Map<string, MediaConnection>();
  #isClosed = false;

  constructor(id: string, key: string, signaling: SignalingClient, rooms: Rooms) {
    this.id = id;
    this.key = key;
    this.#signaling = signaling;
    this.#rooms = rooms;
    this.#log = rooms.log.child({ peerId: id });
    this.events = new EventStream(rooms.clock);
    this.events.push({ event: "OPEN", params: this.params });
    signaling.listen({
      onMessage: (name, message) => this.#receive(name, message),
      onError: (error) =>
        this.events.push({ event: "ERROR", params: this.params, error_message: peerErrorMessage(error) }),
    });
    this.#log.info("peer registered");
  }

  get params(): PeerParams {
    return { peer_id: this.id, token: this.token };
  }

  /** Whether it was closed; CLOSE may still be waiting to be read. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether signalling is away; calls go on without it. */
  get disconnected(): boolean {
    return !this.#signaling.isOpen;
  }

  updateCredential(credential: Credential): void {
    this.#signaling.updateCredential(credential);
  }

  /** Ends its calls, leaves signalling, and pushes CLOSE. May be called again. */
  async close(reason: CallEnd): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#calls.values()].map((call) => call.end(reason)));
    await this.#signaling.close();
    this.#log.info({ reason }, "peer closed");
    this.events.end({ event: "CLOSE", params: this.params });
  }

  #receive<Name extends keyof Messages>(name: Name, message: Messages[Name]): void {
    if (this.#isClosed) return;
    try {
      this.#handlers[name](message);
    } catch (error) {
      // Whatever a caller sends ends at most its own call.
      this.#log.error({ err: error, name }, "message from signalling failed");
    }
  }

  readonly #handlers: { [Name in keyof Messages]: (message: Messages[Name]) => void } = {
    OFFER: (offer) => this.#offer(offer),
    CANDIDATE: (message) => this.#calls.get(callKey(message))?.addCandidate(message.candidate),
    FORCE_CLOSE: (message) => void this.#calls.get(callKey(message))?.end("force_close"),
    LEAVE: (peerId) => {
      for (const call of this.#calls.values()) if (call.remoteId === peerId) call.remoteLeft();
    },
    AUTH_EXPIRES_IN: (seconds) =>
      this.events.push({ event: "EXPIRESIN", params: this.params, remainingSec: Math.round(seconds) }),
  };

  #offer(offer: Offer): void {
    const { src, connectionId, connectionType } = offer;
    if (connectionType === "data") {
      this.#log.warn({ remoteId: src, connectionId }, "data connection ignored");
      return;
    }
    const running = this.#calls.get(callKey(offer));
    if (running) void running.renegotiate(offer.offer.sdp);
    else if (this.#calls.size < MAX_CALLS) this.#call(offer);
    else this.#log.warn({ remoteId: src, calls: this.#calls.size }, "call ignored: too many at once");
  }

  #call(offer: Offer): void {
    const { connections, media, clock } = this.#rooms;
    const to = { dst: offer.src, connectionId: offer.connectionId, connectionType: "media" };
    const caller = {
      answer: (sdp: string) => this.#signaling.send("SEND_ANSWER", { ...to, answer: { type: "answer", sdp } }),
      forceClose: () => this.#signaling.send("SEND_FORCE_CLOSE", to),
    };
    const call = {
      remoteId: offer.src,
      connectionId: offer.connectionId,
      offerSdp: offer.offer.sdp,
      metadata: offer.metadata,
    };
    try {
      const connection = new MediaConnection(call, caller, media, clock, this.#log, () => {
        this.#calls.delete(callKey(offer));
        connections.retire(connection);
      });
      this.#calls.set(callKey(offer), connection);
      connections.add(connection);
      const call_params = { media_connection_id: connection.id };
      this.events.push({ event: "CALL", params: this.params, call_params });
    } catch (error) {
      this.#log.warn({ err: error, remoteId: offer.src }, "offer refused");
      caller.forceClose();
    }
  }
}

const callKey = ({ src, connectionId }: { src: string; connectionId: string }) => JSON.stringify([src, connectionId]);
