import type { Logger } from "pino";

/** The wall between REST and signalling on one side, WebRTC and RTP on the other. */

export type Kind = "audio" | "video";

/** Where packets go: a numeric IPv4 or IPv6 address. */
export interface Address {
  host: string;
  port: number;
}

export interface CodecDescription {
  codec: string;
  payloadType: number;
  samplingRate: number;
  channels: number;
  fmtp: string;
}

export interface CodecWish {
  /** Compared without regard to case. */
  codec: string;
  /** What redirected packets carry; by default the negotiated one. */
  payloadType?: number;
  samplingRate?: number;
  bandwidthKbps?: number;
}

export interface Redirects {
  video?: Address;
  videoRtcp?: Address;
  audio?: Address;
  audioRtcp?: Address;
}

export interface ReceiveOptions {
  video: { receive: boolean; wish?: CodecWish };
  audio: { receive: boolean; wish?: CodecWish };
  redirects: Redirects;
}

export type EndReason =
  | "force_close"
  | "leave"
  | "ice_failed"
  | "dtls_closed"
  | "deleted"
  | "peer_deleted"
  | "shutdown";

export interface RemoteCandidate {
  candidate: string;
  sdpMid: string | null;
  sdpMLineIndex: number | null;
}

export interface OfferedTrack {
  kind: Kind;
  offered: CodecDescription[];
}

/** Places a track's first redirected packet on the gateway's clock. */
export interface TrackClock {
  firstRtpTimestamp: number;
  firstUnixMs: number;
  /** Sender seconds to gateway seconds. */
  rate: number;
  source: "arrival" | "sender_report";
}

export interface TrackCounters {
  packetsReceived: number;
  packetsRedirected: number;
  packetsLost: number;
  packetsRepaired: number;
  packetsGivenUp: number;
  packetsDuplicate: number;
  nacksSent: number;
  keyframeRequests: number;
  bytesRedirected: number;
  lastPacketUnixMs: number | null;
}

export interface TrackReport extends OfferedTrack {
  /** null before the answer, and when the track was not accepted. */
  negotiated: CodecDescription | null;
  /** null until the first packet was redirected. */
  clock: TrackClock | null;
  counters: TrackCounters;
}

export interface MediaSessionListeners {
  /** The connection is established. */
  onReady(): void;
  /** Once for each kind that is received. */
  onStream(kind: Kind): void;
  /** Once, after the last packet and the BYE have left. */
  onEnded(reason: EndReason): void;
  onFailed?(error: Error): void;
}

export interface MediaSession {
  /**
   * Answers receive-only; resolves with the answer SDP, host candidates and end-of-candidates included.
   *
   * @throws GatewayError INVALID_OFFER, CODEC_NOT_OFFERED, TRANSPORT_FAILED.
   */
  answer(offerSdp: string, options: ReceiveOptions): Promise<string>;
  /** Queued until the offer is set. */
  addRemoteCandidate(candidate: RemoteCandidate): void;
  requestKeyframe(kind: Kind): void;
  /** Whether any packet of media came within the last `withinMs`. */
  mediaFlowing(withinMs: number): boolean;
  tracks(): TrackReport[];
  /** Flushes what is left, says BYE to the redirects, closes. `onEnded` fires once, whoever ends it. */
  end(reason: EndReason): Promise<void>;
}

export type MediaSessionFactory = (listeners: MediaSessionListeners) => MediaSession;

export interface MediaSessions {
  create: MediaSessionFactory;
  close(): Promise<void>;
}

export interface MediaSessionsConfiguration {
  mediaPort: number;
  bindAddress: string;
  /** Put into the answers as host candidates. */
  announcedIps: string[];
  log: Logger;
}
