import type { Logger } from "pino";
import type { TrackCounters } from "../rtp/counters.ts";
import { type Address, RedirectSocket } from "../rtp/redirectSocket.ts";
import type { SeamlessRedirect } from "../rtp/seamlessRedirect.ts";
import type { TrackClock } from "../rtp/trackReceiver.ts";
import { Bandwidth } from "./bandwidth.ts";
import { CallSession } from "./callSession.ts";
import type { CodecWish } from "./codecChoice.ts";
import { type CodecDescription, describeKinds } from "./codecDescription.ts";
import { DataTransport, type DataTransportEvents } from "./dataTransport.ts";
import { silenceLibrary } from "./libraryLog.ts";
import { MediaPort } from "./mediaPort.ts";
import { parseOffer } from "./offer.ts";
import { PublishedPort } from "./publishedPort.ts";
import type { Relay } from "./relay.ts";
import { Ticker } from "./ticker.ts";

/**
 * The wall between media connections (REST, signalling) and media (ICE, DTLS, RTP). Nothing above it sees a packet,
 * nothing below it a request.
 */

export type { Address, CodecDescription, CodecWish, TrackClock, TrackCounters };
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
  /** Nothing comes any more, though nobody has hung up: the caller may have moved, and `offerAgain` may reach it. */
  onStalled(): void;
  /** Once, after everything was passed on and ended. Nothing is called after it. `unixMs`: when the call ended. */
  onEnded(reason: EndReason, unixMs: number): void;
}

export interface OfferedTrack {
  kind: Kind;
  offered: CodecDescription[];
}

export interface TrackReport extends OfferedTrack {
  /** Null if the kind is not received. */
  negotiated: CodecDescription | null;
  /** Null until the first packet was redirected. */
  clock: TrackClock | null;
  counters: TrackCounters;
}

export type TurnListeners = Pick<SeamlessRedirect, "switching" | "abandoned">;

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
   * Takes the answer to our offer; resolves with our candidates, which the peer must not get earlier. Throws
   * GatewayError INVALID_OFFER, NOT_ANSWERED, TRANSPORT_FAILED, TURN_UNREACHABLE.
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
  offerAgain(): Promise<string>;
  /** Takes the answer to it; as `accept`. The call goes on over the new transport once that is up. */
  acceptAgain(answerSdp: string): Promise<RemoteCandidate[]>;
  /** Kept until the offer is set. */
  addRemoteCandidate(candidate: RemoteCandidate): void;
  requestKeyframe(kind: Kind): void;
  /** Sends media elsewhere, the last seconds of it again; or nowhere for a while, if nothing is named. */
  redirect(redirects: Redirects): void;
  /**
   * Sends media elsewhere from the next keyframe on, nothing missing and nothing twice, and ends those before with BYE.
   * Of the listeners one is called, once: see `SeamlessRedirect`.
   */
  turn(redirects: Redirects, listeners: TurnListeners): void;
  /** Media goes nowhere for a while. A call that ends meanwhile can still be redirected, for some seconds. */
  readonly isHeld: boolean;
  mediaFlowing(withinMs: number): boolean;
  /** Empty before the answer; the last state after the end. */
  tracks(): TrackReport[];
  /** Passes on what is held, sends one BYE for each redirected track, closes. May be called again. */
  end(reason: EndReason): Promise<void>;
}

export type MediaSessionFactory = (listeners: MediaSessionListeners) => MediaSession;

export interface MediaSessions {
  create: MediaSessionFactory;
  /** For data connections, over the same port. */
  createDataTransport(events: DataTransportEvents): DataTransport;
  /** By the socket that redirected media leaves by. */
  sendDatagram(datagram: Buffer, to: Address): void;
  /** Ends all sessions and closes the port. */
  close(): Promise<void>;
}

export interface MediaSessionsConfiguration {
  /** The one UDP port for all sessions. */
  mediaPort: number;
  /** Numeric address of the interface that callers' packets arrive at. */
  bindAddress: string;
  /** Addresses to tell callers, best first; empty stands for `bindAddress`. */
  announcedIps: string[];
  /** By which they are reached at all of these but `bindAddress`; `mediaPort` by default. */
  publishedPort?: PublishedPort;
  /** TURN servers by which callers come instead of to these. */
  relay?: Relay | undefined;
  log: Logger;
  /** What all callers together may send: each of them gets the same share. */
  totalKbps?: number | undefined;
}

/** Codecs in an offer, by kind, in the offerer's order. Throws GatewayError INVALID_OFFER. */
export function describeOffer(sdp: string): OfferedTrack[] {
  return describeKinds(parseOffer(sdp));
}

/** Opens the media port. Throws GatewayError MEDIA_PORT_UNAVAILABLE. */
export function createMediaSessions(configuration: MediaSessionsConfiguration): MediaSessions {
  const { mediaPort, bindAddress, announcedIps, log, publishedPort = new PublishedPort(mediaPort) } = configuration;
  silenceLibrary(log);
  const port = new MediaPort(mediaPort, bindAddress);
  const addresses = announcedIps.length > 0 ? announcedIps : [bindAddress];
  // Who is in the same network as the port itself, a TURN server for one, does not come by the published one.
  const portAt = (address: string) => (address === bindAddress ? mediaPort : publishedPort.number);
  const endpoints = () => addresses.map((address) => ({ address, port: portAt(address) }));
  const place = { port: mediaPort, bindAddress, relay: configuration.relay };
  const socket = new RedirectSocket();
  const now = () => performance.timeOrigin + performance.now();
  const ticker = new Ticker(now);
  const sessions = new Set<CallSession>();
  const surroundings = {
    mediaPort: port,
    place,
    endpoints,
    bandwidth: new Bandwidth(configuration.totalKbps),
    socket,
    ticker,
    now,
    log,
  };
  return {
    create(listeners) {
      const session = new CallSession(surroundings, {
        ...listeners,
        onReady: () => listeners.onReady(),
        onStream: (kind) => listeners.onStream(kind),
        onStalled: () => listeners.onStalled(),
        onEnded: (reason, unixMs) => {
          sessions.delete(session);
          listeners.onEnded(reason, unixMs);
        },
      });
      sessions.add(session);
      return session;
    },
    createDataTransport: (events) => new DataTransport({ ...place, endpoints }, events),
    sendDatagram: (datagram, to) => socket.send(datagram, to),
    async close() {
      await Promise.all([...sessions].map((session) => session.end("shutdown")));
      await socket.close();
      port.close();
    },
  };
}
