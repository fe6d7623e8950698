import type { TrackCounters } from "../rtp/counters.ts";
import type { Address } from "../rtp/redirectSocket.ts";
import type { SeamlessRedirect } from "../rtp/seamlessRedirect.ts";
import type { SendLosses } from "../rtp/send/sendLosses.ts";
import type { TrackClock } from "../rtp/trackReceiver.ts";
import type { CodecWish } from "./codecChoice.ts";
import type { CodecDescription, OfferedTrack } from "./codecDescription.ts";

/**
 * The boundary between media connections (REST, signalling) and media (ICE, DTLS, RTP). Code above it never sees a packet,
 * code below it never sees a request.
 */

export type { Address, CodecDescription, CodecWish, OfferedTrack, SendLosses, TrackClock, TrackCounters };
export type Kind = "audio" | "video";
export type EndReason =
  | "force_close"
  | "leave"
  | "ice_failed"
  | "dtls_closed"
  | "track_removed"
  | "deleted"
  | "peer_deleted"
  | "shutdown";

/** Where packets go. Packets of a kind without an address are dropped. */
export interface Redirects {
  video?: Address;
  videoRtcp?: Address;
  audio?: Address;
  audioRtcp?: Address;
}

/** What the API asks for, for one kind. */
export interface KindWishes {
  receive: boolean;
  send?: boolean;
  wish?: CodecWish;
}

export interface MediaOptions {
  video: KindWishes;
  audio: KindWishes;
  redirects: Redirects;
  /** How many tracks to receive in total, beyond the first of each kind; none by default. */
  maxTracks?: number;
  /** Media is held until the first redirect. */
  isHeld?: boolean;
}

export interface RemoteCandidate {
  candidate: string;
  sdpMid: string | null;
  sdpMLineIndex: number | null;
}

/**
 * Tracks of a call beyond the first of each kind: at most one of each kind, with a destination of their own. They are held
 * until the first redirect.
 */
export interface AdditionalMedia {
  readonly kinds: readonly Kind[];
  readonly isHeld: boolean;
  tracks(): TrackReport[];
  requestKeyframe(kind: Kind): void;
  redirect(redirects: Redirects): void;
  redirectAtKeyframe(redirects: Redirects, listeners: SeamlessRedirectListeners): void;
  /** Called once, when it has ended with the call, when its tracks were removed, or by `end`. */
  onEnded: (reason: EndReason, unixMs: number) => void;
  /** Receives it no longer. May be called again. */
  end(reason: EndReason): Promise<void>;
}

export interface MediaSessionListeners {
  /** ICE and DTLS are up. */
  onReady(): void;
  /** Once for each kind that is received: right after `onReady`, or when it comes later. */
  onStream(kind: Kind): void;
  /** Packets that a program sent did not reach the peer, or not even us. Called seldom. */
  onSendLosses?(kind: Kind, losses: SendLosses): void;
  /** Media has come that is additional: see `AdditionalMedia`. */
  onAdditional?(media: AdditionalMedia): void;
  /** Packets stopped, but nobody has hung up: the caller may have moved, and `offerRestart` may reach it. */
  onStalled(): void;
  /** Called once, and last: everything was passed on and ended. `unixMs`: when the call ended. */
  onEnded(reason: EndReason, unixMs: number): void;
}

export interface TrackReport extends OfferedTrack {
  /** Null if the kind is not received. */
  negotiated: CodecDescription | null;
  /** Null until the first packet was redirected. */
  clock: TrackClock | null;
  counters: TrackCounters;
}

export type SeamlessRedirectListeners = Pick<SeamlessRedirect, "switching" | "abandoned">;

export interface MediaSession {
  /**
   * Answers an offer. Resolves with the answer, including candidates and end-of-candidates. Throws GatewayError
   * INVALID_OFFER, CODEC_NOT_OFFERED, ALREADY_ANSWERED, TRANSPORT_FAILED, TURN_UNREACHABLE. The session may then be ended.
   * After the first two it may also be answered again.
   */
  answer(offerSdp: string, options: MediaOptions): Promise<string>;
  /** Makes our own offer, without candidates. Throws GatewayError CODEC_NOT_OFFERED, INVALID_FIELD, TRANSPORT_FAILED. */
  call(options: MediaOptions): Promise<string>;
  /**
   * Takes the answer to our offer. Resolves with our candidates: the peer must not get them earlier. Throws GatewayError
   * INVALID_OFFER, NOT_ANSWERED, TRANSPORT_FAILED, TURN_UNREACHABLE.
   */
  accept(answerSdp: string): Promise<RemoteCandidate[]>;
  /** Sends RTP of a program. Dropped while the connection is not ready. */
  send(kind: Kind, datagram: Buffer): void;
  /** Sends RTCP of a program. */
  sendRtcp(kind: Kind, datagram: Buffer): void;
  /**
   * Answers another offer for the same call. Received tracks continue, over another transport if ICE restarts, and in
   * another m-line if theirs stops sending. A kind that comes later is received if the answer wished for it. Throws
   * GatewayError INVALID_OFFER, NOT_ANSWERED, TRANSPORT_FAILED, TURN_UNREACHABLE; the call then continues unchanged.
   */
  renegotiate(offerSdp: string): Promise<string>;
  /**
   * Makes our own offer for a call that is up: an ICE restart, without candidates. Throws GatewayError NOT_ANSWERED,
   * TRANSPORT_FAILED.
   */
  offerRestart(): Promise<string>;
  /** Takes the answer to it, like `accept`. The call uses the new transport as soon as it is up. */
  acceptRestart(answerSdp: string): Promise<RemoteCandidate[]>;
  /** Candidates that come before the answer are kept until then. */
  addRemoteCandidate(candidate: RemoteCandidate): void;
  requestKeyframe(kind: Kind): void;
  /** Sends media elsewhere, beginning with the last seconds. Without any address it is held until the next redirect. */
  redirect(redirects: Redirects): void;
  /**
   * Sends media elsewhere from the next keyframe on. No packet is missing or sent twice. The former addresses get a BYE.
   * One of the listeners is called, once: see `Turn`.
   */
  redirectAtKeyframe(redirects: Redirects, listeners: SeamlessRedirectListeners): void;
  /** Media is held, because it has no address. If the call ends now, it can still be redirected for some seconds. */
  readonly isHeld: boolean;
  mediaFlowing(withinMs: number): boolean;
  /** Kinds of tracks that are sent and not received, because they are too many. */
  surplus(): Kind[];
  /** Empty before the answer. After the end: the last state. */
  tracks(): TrackReport[];
  /** Passes on buffered packets, sends one BYE for each redirected track, and closes. May be called again. */
  end(reason: EndReason): Promise<void>;
}

export type MediaSessionFactory = (listeners: MediaSessionListeners) => MediaSession;
