import type { Logger } from "pino";
import type { MediaSink } from "../content/mediaFeed.ts";
import type { MediaSession, RemoteCandidate } from "../webrtc/mediaSession.ts";

/** A call as signalling or the API describes it. */
export interface Call {
  remoteId: string;
  /** The caller's own name for the connection. */
  connectionId: string;
  /** Undefined for an outgoing call. */
  offerSdp: string | undefined;
  /** Any JSON value; undefined if the caller sent none. */
  metadata: unknown;
}

/** Sends messages to the other peer, through signalling. */
export interface RemotePeer {
  offer(sdp: string): void;
  answer(sdp: string): void;
  candidate(candidate: RemoteCandidate): void;
  /** @param reason a code, if the call is refused. */
  forceClose(reason?: string): void;
}

/** What programs send into a call, see `MediaFeed`. */
export interface Feed {
  attach(user: string, sink: MediaSink): void;
  detach(user: string): void;
  withdraw(user: string): void;
}

/** A call that has not ended, as the parts of its connection see it. */
export interface LiveCall {
  readonly session: MediaSession;
  readonly remote: RemotePeer;
  readonly log: Logger;
  isEnding(): boolean;
}
