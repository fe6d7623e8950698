import type { TrackCounters } from "../rtp/counters.ts";
import type { Address } from "../rtp/redirectSocket.ts";
import type { TrackClock } from "../rtp/trackReceiver.ts";
import type { Turn } from "../rtp/turn.ts";
import type { CodecWish } from "./codecChoice.ts";
import type { CodecDescription, OfferedTrack } from "./codecDescription.ts";

/**
 * The wall between media connections (REST, signalling) and media (ICE, DTLS, RTP). Nothing above it sees a packet,
 * nothing below it a request.
 */

export type { Address, CodecDescription, CodecWish, OfferedTrack, TrackClock, TrackCounters };
export type Kind = "audio" | "video";
export type EndReason =
  | "force_close"
  | "leave"
  | "ice_failed"
  | "dtls_closed"
  | "deleted"
  | "peer_deleted"
  | "shutdown";

/** Where packets go. What is not named is dropped. */
export interface Redirects {
  video?: Address;
  videoRtcp?: Address;
  audio?: Address;
  audioRtcp?: Address;
}

/** What is wanted of a kind. */
export interface KindWishes {
  receive: boolean;
  send?: boolean;
  wish?: CodecWish;
}

export interface MediaOptions {
  video: KindWishes;
  audio: KindWishes;
  redirects: Redirects;
}

export interface RemoteCandidate {
  candidate: string;
  sdpMid: string | null;
  sdpMLineIndex: number | null;
}

export interface MediaSessionListeners {
  /** ICE and DTLS are up. */
  onReady(): void;
  /** Once for each kind that is received, right after `onReady`. */
  onStream(kind: Kind): void;
  /** Nothing comes any more, though nobody has hung up: the caller may have moved, and `offerRestart` may reach it. */
  onStalled(): void;
  /** Once, after everything was passed on and ended. Nothing is called after it. `unixMs`: when the call ended. */
  onEnded(reason: EndReason, unixMs: number): void;
}

export interface TrackReport extends OfferedTrack {
  /** Null if the kind is not received. */
  negotiated: CodecDescription | null;
  /** Null until the first packet was redirected. */
  clock: TrackClock | null;
  counters: TrackCounters;
}

export type TurnListeners = Pick<Turn, "turning" | "abandoned">;

export interface MediaSession {
  /**
   * Answers; resolves with the answer, candidates and end-of-candidates included. Throws GatewayError
   * INVALID_OFFER, CODEC_NOT_OFFERED, ALREADY_ANSWERED, TRANSPORT_FAILED, TURN_UNREACHABLE; the session may then be
   * ended or, save for the last three, answered again.
   */
  answer(offerSdp: string, options: MediaOptions): Promise<string>;
  /** Our own offer, without candidates. Throws GatewayError CODEC_NOT_OFFERED, INVALID_FIELD, TRANSPORT_FAILED. */
  call(options: MediaOptions): Promise<string>;
  /**
   * Takes the answer to our offer; resolves with our candidates, which the peer must not get earlier. Throws GatewayError
   * INVALID_OFFER, NOT_ANSWERED, TRANSPORT_FAILED, TURN_UNREACHABLE.
   */
  accept(answerSdp: string): Promise<RemoteCandidate[]>;
  /** RTP of a program; dropped while the connection is not ready. */
  send(kind: Kind, datagram: Buffer): void;
  /** RTCP of a program. */
  sendRtcp(kind: Kind, datagram: Buffer): void;
  /**
   * Answers another offer for the same call: what was received goes on, over another transport if ICE restarts. Throws
   * GatewayError INVALID_OFFER, NOT_ANSWERED, TRANSPORT_FAILED, TURN_UNREACHABLE; the call then goes on as it was.
   */
  renegotiate(offerSdp: string): Promise<string>;
  /**
   * Our own offer for a call that is up: an ICE restart. Without candidates. Throws GatewayError
   * NOT_ANSWERED, TRANSPORT_FAILED.
   */
  offerRestart(): Promise<string>;
  /** Takes the answer to it; as `accept`. The call goes on over the new transport once that is up. */
  acceptRestart(answerSdp: string): Promise<RemoteCandidate[]>;
  /** Kept until the offer is set. */
  addRemoteCandidate(candidate: RemoteCandidate): void;
  requestKeyframe(kind: Kind): void;
  /** Sends media elsewhere, the last seconds of it again; or nowhere for a while, if nothing is named. */
  redirect(redirects: Redirects): void;
  /**
   * Sends media elsewhere from the next keyframe on, nothing missing and nothing twice, and ends those before with BYE.
   * Of the listeners one is called, once: see `Turn`.
   */
  redirectAtKeyframe(redirects: Redirects, listeners: TurnListeners): void;
  /** Media goes nowhere for a while. A call that ends meanwhile can still be redirected, for some seconds. */
  readonly isHeld: boolean;
  mediaFlowing(withinMs: number): boolean;
  /** Empty before the answer; the last state after the end. */
  tracks(): TrackReport[];
  /** Passes on what is held, sends one BYE for each redirected track, closes. May be called again. */
  end(reason: EndReason): Promise<void>;
}

export type MediaSessionFactory = (listeners: MediaSessionListeners) => MediaSession;
