import type { DataConnectionId, MediaConnectionId, PeerId } from "../../ids.ts";
import type { Serialization } from "../../outside/chat/messageReader.ts";
import type { Codec, Codecs, Kind, OfferedTrack } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/redirect.ts";

/** The right to act as a peer at the gateway. */
export interface PeerHandle {
  peerId: PeerId;
  token: string;
  /** Its address, where there may be several. */
  gateway?: string | undefined;
}

export type PeerEvent =
  | { event: "CALL"; mediaConnectionId: MediaConnectionId }
  | { event: "CONNECTION"; dataConnectionId: DataConnectionId }
  | { event: "ERROR"; message: string }
  | { event: "OPEN" | "CLOSE" | "OTHER" };

export type ConnectionEvent = { event: "ERROR"; message: string } | { event: "READY" | "STREAM" | "CLOSE" | "OTHER" };

/** Where a track lies on the gateway's clock. */
export interface TrackClock {
  /** Of the sender, modulo 2 ** 32. */
  firstRtpTimestamp?: number | undefined;
  firstUnixMs: number;
  /** Seconds of the gateway's clock for each second of the sender's. */
  rate: number;
  source: "arrival" | "sender_report";
}

export interface TrackReport {
  kind: Kind;
  offered: readonly Codec[];
  /** null until the first packet was redirected. */
  clock: TrackClock | null;
  counters: Readonly<Record<string, number | null>>;
}

export interface TracksReport {
  /** Why and when the connection ended, in the gateway's words; null while it lives. */
  ended: { reason: string; unixMs: number } | null;
  /** None yet where it is us who called, until the peer answers. */
  tracks: readonly TrackReport[];
}

/** What was true of the tracks until their media went elsewhere. */
export interface SwitchReport {
  before: TracksReport;
  at: Date;
}

export interface ConnectionStatus {
  remoteId: string;
  /** As it came over the wire: a string, which may hold JSON. */
  metadata: unknown;
}

export interface DatagramAddress {
  /** Numeric IPv4. */
  address: string;
  port: number;
}

export interface DataStatus extends ConnectionStatus {
  serialization: Serialization;
}

/** Whom to call. */
export interface CallOrder {
  from: PeerHandle;
  target: string;
  /** Any JSON value; undefined for none. */
  metadata: unknown;
}

/** What the orchestrator asks of one gateway. Everything throws GatewayError. */
export interface Gateway extends GatewayCalls {
  /** REFUSED when the id is taken or the key unknown. */
  createPeer(peerId: PeerId): Promise<PeerHandle>;
  /** undefined when the gateway does not know this peer (any more); `connected`: signalling is there. */
  peerStatus(peer: PeerHandle): Promise<{ connected: boolean } | undefined>;
  deletePeer(peer: PeerHandle): Promise<void>;
  /** Waits for the next event; undefined when none came in time. */
  nextPeerEvent(peer: PeerHandle, until: AbortSignal): Promise<PeerEvent | undefined>;

  /** Tells it by which port of the host callers reach it. A gateway that does not want to know does not mind. */
  tellPublishedPort(port: number): Promise<void>;

  isWell(): Promise<boolean>;
}

/** What is asked about connections, whichever gateway they are at. Everything throws GatewayError. */
export interface GatewayCalls {
  status(id: MediaConnectionId): Promise<ConnectionStatus>;
  /** What a caller offers to send; undefined where the gateway cannot tell. */
  offered(id: MediaConnectionId): Promise<readonly OfferedTrack[] | undefined>;
  /** undefined where the gateway does not know the connection, or this extension. */
  tracks(id: MediaConnectionId): Promise<TracksReport | undefined>;
  /** Receive-only. */
  answer(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets): Promise<void>;
  /** Calls another peer, receive-only. Whether it is there, and answers, its events tell. */
  call(order: CallOrder, codecs: Codecs, redirect: RedirectTargets): Promise<MediaConnectionId>;
  /**
   * Sends a connection's media elsewhere, beginning with the last seconds of it; or nowhere, while `redirect` is
   * undefined: what comes meanwhile is kept.
   *
   * @returns what is true of the tracks until now; undefined when this gateway cannot do it.
   */
  redirect(
    id: MediaConnectionId,
    codecs: Codecs,
    redirect: RedirectTargets | undefined,
  ): Promise<TracksReport | undefined>;
  /**
   * Sends a connection's media elsewhere from the next keyframe on, and ends those before with BYE: nothing is missing
   * in between, and nothing is there twice. Comes back when that has happened.
   *
   * @returns undefined when this gateway cannot do it.
   */
  switchAtKeyframe(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets): Promise<SwitchReport | undefined>;
  /** Waits for the next event; undefined when none came in time. GONE once CLOSE was read. */
  nextConnectionEvent(id: MediaConnectionId, until: AbortSignal): Promise<ConnectionEvent | undefined>;
  /** Asks the caller for a keyframe, for gateways that do not do so by themselves. */
  requestKeyframe(id: MediaConnectionId, redirect: RedirectTargets): Promise<void>;
  /** Hanging up what is gone is no error. */
  hangUp(id: MediaConnectionId): Promise<void>;

  dataStatus(id: DataConnectionId): Promise<DataStatus>;
  /** Sends each message that comes by a data connection to an address, as one datagram. */
  receiveData(id: DataConnectionId, to: DatagramAddress): Promise<void>;
  /** Waits for the next event; undefined when none came in time. GONE once CLOSE was read. */
  nextDataEvent(id: DataConnectionId, until: AbortSignal): Promise<ConnectionEvent | undefined>;
}
