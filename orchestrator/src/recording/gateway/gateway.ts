import type { Kind } from "../../archive/library/manifest.ts";
import type { DataConnectionId, MediaConnectionId, PeerId } from "../../ids.ts";
import type { Codec, Codecs, OfferedTrack } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/redirect.ts";

/** How a page packs its data messages: skyway-js' `serialization`, as the gateway spells it. */
export type Serialization = "BINARY" | "BINARY_UTF8" | "JSON" | "NONE";

/** A peer registered at a gateway, with the token that authorises requests for it. */
export interface PeerHandle {
  peerId: PeerId;
  token: string;
  /** The gateway's address, if there can be several. */
  gateway?: string | undefined;
}

export type PeerEvent =
  | { event: "CALL"; mediaConnectionId: MediaConnectionId }
  | { event: "CONNECTION"; dataConnectionId: DataConnectionId }
  | { event: "ERROR"; message: string }
  | { event: "OPEN" | "CLOSE" | "OTHER" };

export type ConnectionEvent = { event: "ERROR"; message: string } | { event: "READY" | "STREAM" | "CLOSE" | "OTHER" };

/** Position of a track on the gateway's clock. */
export interface TrackClock {
  /** The sender's RTP timestamp, modulo 2 ** 32. */
  firstRtpTimestamp?: number | undefined;
  firstUnixMs: number;
  /** Seconds of the gateway's clock for each second of the sender's. */
  rate: number;
  source: "arrival" | "sender_report";
}

export interface TrackReport {
  kind: Kind;
  offered: readonly Codec[];
  /** It has a transport of its own, which the gateway does not receive. */
  apart?: boolean;
  /** null until the first packet was redirected. */
  clock: TrackClock | null;
  counters: Readonly<Record<string, number | null>>;
}

export interface TracksReport {
  /** Why (as reported by the gateway) and when the connection ended; null while it is open. */
  ended: { reason: string; unixMs: number } | null;
  /** Empty for an outgoing call until the peer answers. */
  tracks: readonly TrackReport[];
  /**
   * Connections for further tracks of the call, beyond the first of each kind: each is answered, redirected and hung up
   * separately, and is held from its beginning until then.
   */
  additional?: readonly MediaConnectionId[];
  /** Kinds of tracks that are sent and not received, because they are too many. */
  surplus?: readonly Kind[];
  /** Whether media is held until it is redirected; undefined if the gateway cannot hold any. */
  held?: boolean | undefined;
}

/** What a caller offers to send. */
export interface CallerOffer {
  /** Including, marked so, what the caller can send later in the same call. */
  tracks: readonly OfferedTrack[];
  /** Whether the call can be answered before there is a recorder. */
  canHold: boolean;
}

/** State of the tracks up to a switch to another recorder, and the time of the switch. */
export interface SwitchReport {
  before: TracksReport;
  at: Date;
}

export interface ConnectionStatus {
  remoteId: string;
  /** As received: a string, which may contain JSON. */
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

/** An outgoing call. */
export interface CallOrder {
  from: PeerHandle;
  target: string;
  /** Any JSON value; undefined for none. */
  metadata: unknown;
}

/** Requests to one gateway. All methods throw GatewayError. */
export interface Gateway extends GatewayCalls {
  /** REFUSED if the id is taken or the API key is unknown. */
  createPeer(peerId: PeerId): Promise<PeerHandle>;
  /** undefined if the gateway does not (or no longer) know this peer; `connected`: to the signalling server. */
  peerStatus(peer: PeerHandle): Promise<{ connected: boolean } | undefined>;
  deletePeer(peer: PeerHandle): Promise<void>;
  /** Waits for the next event; undefined after a timeout. */
  nextPeerEvent(peer: PeerHandle, until: AbortSignal): Promise<PeerEvent | undefined>;

  /** Sets the host port at which callers reach the gateway. Does nothing if the gateway does not support it. */
  tellPublishedPort(port: number): Promise<void>;

  isWell(): Promise<boolean>;
}

/** Requests for connections, which may be at different gateways. All methods throw GatewayError. */
export interface GatewayCalls {
  status(id: MediaConnectionId): Promise<ConnectionStatus>;
  /** undefined if the gateway does not report what callers offer. */
  offered(id: MediaConnectionId): Promise<CallerOffer | undefined>;
  /** undefined if the gateway does not know the connection or does not support this extension. */
  tracks(id: MediaConnectionId): Promise<TracksReport | undefined>;
  /** Answers receive-only. If `redirect` is undefined, media is held until `redirect()`; see `CallerOffer.canHold`. */
  answer(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets | undefined): Promise<void>;
  /** Calls another peer, receive-only. The connection's events report whether it answers. */
  call(order: CallOrder, codecs: Codecs, redirect: RedirectTargets): Promise<MediaConnectionId>;
  /**
   * Sends a connection's media to another target, beginning with the last buffered seconds. If `redirect` is undefined,
   * media is buffered and not sent.
   *
   * @returns the state of the tracks up to now; undefined if the gateway does not support it.
   */
  redirect(
    id: MediaConnectionId,
    codecs: Codecs,
    redirect: RedirectTargets | undefined,
  ): Promise<TracksReport | undefined>;
  /**
   * Sends a connection's media to another target from the next keyframe on, and ends the previous target with BYE. No
   * media is lost or duplicated. Resolves after the switch.
   *
   * @returns undefined if the gateway does not support it.
   */
  switchAtKeyframe(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets): Promise<SwitchReport | undefined>;
  /** Waits for the next event; undefined after a timeout. Throws GONE after CLOSE was read. */
  nextConnectionEvent(id: MediaConnectionId, until: AbortSignal): Promise<ConnectionEvent | undefined>;
  /** Requests a keyframe from the caller, for gateways that do not do so automatically. */
  requestKeyframe(id: MediaConnectionId, redirect: RedirectTargets): Promise<void>;
  /**
   * Does nothing if the connection has already ended.
   *
   * @param reason the code of the error for which a call is refused; WHIP clients get it.
   */
  hangUp(id: MediaConnectionId, reason?: string): Promise<void>;

  dataStatus(id: DataConnectionId): Promise<DataStatus>;
  /** Redirects each message of a data connection to an address, as one datagram. */
  receiveData(id: DataConnectionId, to: DatagramAddress): Promise<void>;
  /** Waits for the next event; undefined after a timeout. Throws GONE after CLOSE was read. */
  nextDataEvent(id: DataConnectionId, until: AbortSignal): Promise<ConnectionEvent | undefined>;
}
