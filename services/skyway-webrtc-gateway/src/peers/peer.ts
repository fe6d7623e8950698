import { randomUUID } from "node:crypto";
import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Logger } from "pino";
import { AdditionalConnection } from "../connections/additionalConnection.ts";
import type { Call, Feed, RemotePeer } from "../connections/call.ts";
import type { CallEnd } from "../connections/callEnd.ts";
import {
  type DataAttachment,
  type DataCall,
  DataConnection,
  type DataResources,
  SERIALIZATIONS,
} from "../connections/dataConnection.ts";
import type { DataConnections } from "../connections/dataConnections.ts";
import { type Media, MediaConnection } from "../connections/mediaConnection.ts";
import type { MediaConnections } from "../connections/mediaConnections.ts";
import { GatewayError } from "../errors.ts";
import { EventStream } from "../events/eventStream.ts";
import { newPeerToken } from "../ids.ts";
import type { AdditionalMedia, MediaOptions } from "../webrtc/mediaSession.ts";
import type { Credential } from "./credential.ts";
import { type PeerEvent, type PeerParams, peerErrorMessage } from "./peerEvents.ts";
import type { SignalingClient } from "./signalingClient.ts";
import type { Messages, Offer, SignalingErrorMessage } from "./signalingMessages.ts";

/** More concurrent calls than this are an attack or a bug. */
const MAX_CALLS = 1_000;

/** Dependencies of a peer. */
export interface PeerDependencies {
  connections: MediaConnections;
  media: Media;
  data: Omit<DataResources, "clock" | "log"> & { connections: DataConnections };
  clock: Clock;
  log: Logger;
}

/** An identity that is registered with signalling, and its calls. */
export class Peer {
  readonly id: string;
  readonly key: string;
  readonly token = newPeerToken();
  readonly events: EventStream<PeerEvent>;
  /** When a program last used its token, on the clock of the dependencies: polls of its events do so every 30 s. */
  lastUsedMs: number;
  readonly #signaling: SignalingClient;
  readonly #dependencies: PeerDependencies;
  readonly #log: Logger;
  /** By `callKey`: two callers may choose the same connection id. */
  readonly #calls = new Map<string, MediaConnection>();
  readonly #dataConnections = new Map<string, DataConnection>();
  #isClosed = false;

  constructor(id: string, key: string, signaling: SignalingClient, dependencies: PeerDependencies) {
    this.id = id;
    this.key = key;
    this.#signaling = signaling;
    this.#dependencies = dependencies;
    this.#log = dependencies.log.child({ peerId: id });
    this.lastUsedMs = dependencies.clock.now();
    this.events = new EventStream(dependencies.clock);
    this.events.push({ event: "OPEN", params: this.params });
    signaling.listen({
      onMessage: (name, message) => this.#receive(name, message),
      onError: (error) => this.#refused(error),
    });
    this.#log.info("peer registered");
  }

  get params(): PeerParams {
    return { peer_id: this.id, token: this.token };
  }

  /** Whether it was closed; CLOSE may still be unread. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether signalling is disconnected; calls continue without it. */
  get disconnected(): boolean {
    return !this.#signaling.isOpen;
  }

  /** Whether a program has made or answered one of its running calls or data connections. */
  get isInCall(): boolean {
    return [...this.#calls.values(), ...this.#dataConnections.values()].some(({ isTaken }) => isTaken);
  }

  updateCredential(credential: Credential): void {
    this.#signaling.updateCredential(credential);
  }

  /** Ends its calls, disconnects from signalling, and pushes CLOSE. Idempotent. */
  async close(reason: CallEnd): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const connection of [...this.#dataConnections.values()]) connection.end({ tellsPeer: true });
    await Promise.all([...this.#calls.values()].map((call) => call.end(reason)));
    await this.#signaling.close();
    this.#log.info({ reason }, "peer closed");
    this.events.end({ event: "CLOSE", params: this.params });
  }

  /**
   * Calls another peer. Events report whether that peer exists.
   *
   * @throws GatewayError CODEC_NOT_OFFERED, INVALID_FIELD, TOO_MANY_CALLS, TRANSPORT_FAILED, UNKNOWN_ID.
   */
  async call(targetId: string, metadata: unknown, options: MediaOptions, feed?: Feed): Promise<MediaConnection> {
    if (this.#calls.size >= MAX_CALLS) throw new GatewayError("TOO_MANY_CALLS");
    const connectionId = newConnectionName();
    const connection = this.#connection({ remoteId: targetId, connectionId, offerSdp: undefined, metadata });
    try {
      await connection.dial(options, feed);
    } catch (error) {
      await connection.end("deleted");
      throw error;
    }
    return connection;
  }

  #receive<Name extends keyof Messages>(name: Name, message: Messages[Name]): void {
    if (this.#isClosed) return;
    try {
      this.#handlers[name](message);
    } catch (error) {
      // A malformed message must not affect other calls.
      this.#log.error({ err: error, name }, "handling a message from signalling failed");
    }
  }

  readonly #handlers: { [Name in keyof Messages]: (message: Messages[Name]) => void } = {
    OFFER: (offer) => this.#offer(offer),
    ANSWER: (message) => void this.#find(message)?.accepted(message.answer.sdp),
    CANDIDATE: (message) => this.#find(message)?.addCandidate(message.candidate),
    FORCE_CLOSE: (message) => {
      void this.#calls.get(callKey(message))?.end("force_close");
      this.#dataConnections.get(callKey(message))?.end({ tellsPeer: false });
    },
    LEAVE: (peerId) => {
      for (const one of [...this.#dataConnections.values()]) if (one.remoteId === peerId) one.remoteLeft();
      for (const call of this.#calls.values()) if (call.remoteId === peerId) call.remoteLeft();
    },
    AUTH_EXPIRES_IN: (seconds) =>
      this.events.push({ event: "EXPIRESIN", params: this.params, remainingSec: Math.round(seconds) }),
  };

  #offer(offer: Offer): void {
    const { src, connectionType } = offer;
    if (connectionType === "data") {
      this.#dataOffer(offer);
      return;
    }
    const running = this.#calls.get(callKey(offer));
    if (running) void running.renegotiate(offer.offer.sdp);
    else if (this.#calls.size < MAX_CALLS) this.#call(offer);
    else {
      this.#log.warn({ remoteId: src, calls: this.#calls.size }, "call refused: too many concurrent calls");
      this.#remote({ remoteId: src, connectionId: offer.connectionId, metadata: undefined }).forceClose();
    }
  }

  /** Data connections are accepted automatically; the program can attach to them at any time. */
  #dataOffer(offer: Offer): void {
    const { src: remoteId, connectionId, label, metadata, serialization, dcInit } = offer;
    if (this.#dataConnections.has(callKey(offer))) return;
    if (this.#dataConnections.size >= MAX_CALLS) {
      this.#remote({ remoteId, connectionId, metadata }, "data").forceClose();
      return;
    }
    const spelled = serialization.toUpperCase().replace("-", "_");
    const call: DataCall = {
      remoteId,
      connectionId,
      label,
      metadata,
      serialization: SERIALIZATIONS.find((known) => known === spelled) ?? "BINARY",
      init: dcInit,
    };
    const connection = this.#dataConnection(call);
    try {
      connection.answer(offer.offer.sdp);
      const data_params = { data_connection_id: connection.id };
      this.events.push({ event: "CONNECTION", params: this.params, data_params });
    } catch (error) {
      this.#log.warn({ err: error, remoteId }, "data connection rejected");
      connection.end({ tellsPeer: true });
    }
  }

  /**
   * Opens a data connection to another peer. Events report whether that peer exists.
   *
   * @throws GatewayError TOO_MANY_CALLS, TRANSPORT_FAILED, UNKNOWN_ID.
   */
  connect(call: DataCall, plan: DataAttachment): DataConnection {
    if (this.#dataConnections.size >= MAX_CALLS) throw new GatewayError("TOO_MANY_CALLS");
    const connection = this.#dataConnection(call);
    try {
      connection.connect(plan);
    } catch (error) {
      connection.end({ tellsPeer: false });
      throw error;
    }
    return connection;
  }

  #dataConnection(call: DataCall): DataConnection {
    const { data, clock } = this.#dependencies;
    const { remoteId, connectionId, metadata, label, serialization, init } = call;
    const key = callKey({ src: remoteId, connectionId });
    const details = { label, serialization: serialization.toLowerCase().replace("_", "-"), dcInit: init };
    const remote = this.#remote({ remoteId, connectionId, metadata }, "data", details);
    const dependencies = { ...data, clock, log: this.#log };
    const connection: DataConnection = new DataConnection(call, remote, dependencies, () => {
      this.#dataConnections.delete(key);
      data.connections.retire(connection);
    });
    this.#dataConnections.set(key, connection);
    data.connections.add(connection);
    return connection;
  }

  #find(message: { src: string; connectionId: string }): MediaConnection | DataConnection | undefined {
    return this.#calls.get(callKey(message)) ?? this.#dataConnections.get(callKey(message));
  }

  #call(offer: Offer): void {
    const { src: remoteId, connectionId, metadata } = offer;
    try {
      const connection = this.#connection({ remoteId, connectionId, offerSdp: offer.offer.sdp, metadata });
      const call_params = { media_connection_id: connection.id };
      this.events.push({ event: "CALL", params: this.params, call_params });
    } catch (error) {
      this.#log.warn({ err: error, remoteId }, "offer rejected");
      this.#remote({ remoteId, connectionId, metadata }).forceClose();
    }
  }

  /** @throws GatewayError INVALID_OFFER. */
  #connection(call: Call): MediaConnection {
    const { connections, media, clock } = this.#dependencies;
    const key = callKey({ src: call.remoteId, connectionId: call.connectionId });
    const onEnded = () => {
      this.#calls.delete(key);
      connections.retire(connection);
    };
    const connectAdditional = (tracks: AdditionalMedia) => {
      const additional: AdditionalConnection = new AdditionalConnection(tracks, call, clock, this.#log, () =>
        connections.retireAdditional(additional),
      );
      connections.addAdditional(additional);
      return additional;
    };
    const remote = this.#remote(call);
    const connection = new MediaConnection(call, remote, media, clock, this.#log, onEnded, connectAdditional);
    this.#calls.set(key, connection);
    connections.add(connection);
    return connection;
  }

  /** @param details additional fields of an offer. */
  #remote(
    { remoteId, connectionId, metadata }: Omit<Call, "offerSdp">,
    connectionType: "media" | "data" = "media",
    details: object = {},
  ): RemotePeer {
    const to = { dst: remoteId, connectionId, connectionType };
    return {
      offer: (sdp) =>
        this.#signaling.send("SEND_OFFER", {
          ...to,
          ...details,
          offer: { type: "offer", sdp },
          ...(metadata !== undefined && { metadata }),
        }),
      answer: (sdp) => this.#signaling.send("SEND_ANSWER", { ...to, answer: { type: "answer", sdp } }),
      candidate: (candidate) => this.#signaling.send("SEND_CANDIDATE", { ...to, candidate }),
      forceClose: (reason) => this.#signaling.send("SEND_FORCE_CLOSE", { ...to, ...(reason && { reason }) }),
    };
  }

  /** An error may be about one of our connections: its remote peer does not exist. */
  #refused(error: SignalingErrorMessage): void {
    const { dst, connectionId } = error;
    const refused = dst && connectionId ? this.#find({ src: dst, connectionId }) : undefined;
    if (refused instanceof DataConnection) refused.fail(error.message || "there is no peer with this id");
    else if (refused) refused.fail("peer_unavailable", error.message || undefined);
    else this.events.push({ event: "ERROR", params: this.params, error_message: peerErrorMessage(error) });
  }
}

/** The connection id format of skyway-js. */
function newConnectionName(): string {
  return `mc_${randomUUID().replaceAll("-", "").slice(0, 16)}`;
}

const callKey = ({ src, connectionId }: { src: string; connectionId: string }) => JSON.stringify([src, connectionId]);
