import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Logger } from "pino";
import type { MediaSink } from "../content/mediaFeed.ts";
import { GatewayError } from "../errors.ts";
import { EventStream } from "../events/eventStream.ts";
import { type MediaConnectionId, newAudioId, newMediaConnectionId, newVideoId } from "../ids.ts";
import { noCounts } from "../rtp/counters.ts";
import type {
  Address,
  describeOffer,
  EndReason,
  Kind,
  MediaOptions,
  MediaSession,
  MediaSessionFactory,
  Redirects,
  RemoteCandidate,
  TrackReport,
} from "../webrtc/mediaSession.ts";
import { stoppedAfter, watchAfterLeave } from "./leaveWatch.ts";
import type { MediaEvent } from "./mediaEvents.ts";

/** An offer that nobody answers is given up: the caller's page has long stopped ringing. */
export const OFFER_LIFE_MS = 60_000;
/** An answered call that does not connect by then never will. */
export const CONNECT_LIMIT_MS = 60_000;
/** So long the end of a session is waited for. */
const END_LIMIT_MS = 10_000;
/** A browser gathers about ten. */
const MAX_EARLY_CANDIDATES = 100;

/** Why a call ended; what `tracks` says. */
export type CallEnd = EndReason | "offer_expired" | "no_answer" | "peer_unavailable";

/** No answer to a call of ours by then: nobody is there, or nobody wants it. */
export const RING_LIMIT_MS = 60_000;

export interface Call {
  remoteId: string;
  /** The caller's own name for the connection. */
  connectionId: string;
  /** Undefined for a call of ours. */
  offerSdp: string | undefined;
  /** Any JSON value; undefined if the caller sent none. */
  metadata: unknown;
}

/** The way to the other peer, by signalling. */
export interface RemotePeer {
  offer(sdp: string): void;
  answer(sdp: string): void;
  candidate(candidate: RemoteCandidate): void;
  forceClose(): void;
}

/** What programs send in, see `MediaFeed`. */
export interface Feed {
  attach(user: string, sink: MediaSink): void;
  detach(user: string): void;
  withdraw(user: string): void;
}

export interface Media {
  createSession: MediaSessionFactory;
  describeOffer: typeof describeOffer;
}

type State =
  | { name: "ringing" | "answering" }
  /** It is us who called. */
  | { name: "dialling" | "accepting"; redirects: Redirects }
  | { name: "answered"; redirects: Redirects; isReady: boolean }
  | { name: "ended"; reason: CallEnd; unixMs: number; tracks: TrackReport[] };

/** One call from another peer or to it, from its offer to CLOSE. */
export class MediaConnection {
  readonly id: MediaConnectionId = newMediaConnectionId();
  readonly remoteId: string;
  readonly connectionId: string;
  readonly events: EventStream<MediaEvent>;
  readonly #call: Call;
  readonly #remote: RemotePeer;
  /** Let go of at the end: what is kept of an ended call for minutes must not keep the last seconds of its media. */
  #liveSession: MediaSession | undefined;
  readonly #offered: TrackReport[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onEnded: () => void;
  #feed: Feed | undefined;
  #state: State = { name: "ringing" };
  #isReleased = false;
  #isCallingBack = false;
  #hasConnected = false;
  #earlyCandidates = 0;
  #reason: CallEnd | undefined;
  #cancelLimit: () => void;
  #stopLeaveWatch = () => {};

  /**
   * @param onEnded is called once, after CLOSE was pushed.
   * @throws GatewayError INVALID_OFFER.
   */
  constructor(call: Call, remote: RemotePeer, media: Media, clock: Clock, log: Logger, onEnded: () => void) {
    this.#call = call;
    this.#remote = remote;
    this.#clock = clock;
    this.#log = log.child({ mediaConnectionId: this.id, remoteId: call.remoteId });
    this.#onEnded = onEnded;
    this.remoteId = call.remoteId;
    this.connectionId = call.connectionId;
    this.events = new EventStream(clock);
    const offered = call.offerSdp === undefined ? [] : media.describeOffer(call.offerSdp);
    this.#offered = offered.map((kind) => ({ ...kind, negotiated: null, clock: null, counters: noCounts() }));
    this.#liveSession = media.createSession({
      onReady: () => this.#ready(),
      onStream: (kind) => this.#stream(kind),
      onStalled: () => void this.#callBack(),
      onEnded: (reason, unixMs) => this.#finish(reason, unixMs),
    });
    this.#cancelLimit = clock.after(OFFER_LIFE_MS, () => void this.end("offer_expired"));
    this.#log.info("call");
  }

  /** Whether the id is gone: the caller of the API has let it go, or knows that the call has ended. */
  get isGone(): boolean {
    return this.#isReleased || (this.#state.name === "ended" && this.events.endDelivered);
  }

  /** Whether media could flow at any time. */
  get hasConnected(): boolean {
    return this.#hasConnected;
  }

  get isOpen(): boolean {
    return this.#state.name === "answered" && this.#state.isReady;
  }

  /** As skyway-js' page gave it; undefined if it gave none. */
  get metadata(): unknown {
    return this.#call.metadata;
  }

  get ended(): { reason: CallEnd; unixMs: number } | null {
    return this.#state.name === "ended" ? { reason: this.#state.reason, unixMs: this.#state.unixMs } : null;
  }

  /** What is offered before the answer, what is received after it, and what was after the end. */
  tracks(): TrackReport[] {
    switch (this.#state.name) {
      case "ringing":
      case "answering":
      case "dialling":
      case "accepting":
        return this.#offered;
      case "answered":
        return this.#session.tracks();
      case "ended":
        return this.#state.tracks;
    }
  }

  /**
   * @param feed what is sent, if anything is.
   * @throws GatewayError ALREADY_ANSWERED, CALL_ENDED, CODEC_NOT_OFFERED, INVALID_OFFER, TRANSPORT_FAILED,
   *   TURN_UNREACHABLE, UNKNOWN_ID.
   */
  async answer(options: MediaOptions, feed?: Feed): Promise<void> {
    if (this.#state.name === "ended") throw new GatewayError("CALL_ENDED");
    const { offerSdp } = this.#call;
    if (this.#state.name !== "ringing" || offerSdp === undefined) throw new GatewayError("ALREADY_ANSWERED");
    feed?.attach(this.id, this.#session);
    this.#feed = feed;
    this.#state = { name: "answering" };
    const sdp = await this.#answerSdp(offerSdp, options);
    // The caller may have hung up meanwhile.
    if (this.#isEnding()) throw new GatewayError("CALL_ENDED");
    this.#mustConnect(options.redirects);
    this.#remote.answer(sdp);
    this.#log.info("answered");
  }

  /**
   * Calls the other peer.
   *
   * @throws GatewayError ALREADY_ANSWERED, CODEC_NOT_OFFERED, INVALID_FIELD, TRANSPORT_FAILED, UNKNOWN_ID: there is no
   *   call then.
   */
  async dial(options: MediaOptions, feed?: Feed): Promise<void> {
    if (this.#state.name !== "ringing" || this.#call.offerSdp !== undefined) throw new GatewayError("ALREADY_ANSWERED");
    const sdp = await this.#session.call(options);
    try {
      feed?.attach(this.id, this.#session);
    } catch (error) {
      await this.#session.end("deleted");
      throw error;
    }
    this.#feed = feed;
    this.#state = { name: "dialling", redirects: options.redirects };
    this.#cancelLimit();
    this.#cancelLimit = this.#clock.after(RING_LIMIT_MS, () => this.fail("no_answer"));
    this.#remote.offer(sdp);
    this.#log.info("dialled");
  }

  /** The other peer's answer to our call. */
  async accepted(answerSdp: string): Promise<void> {
    if (this.#state.name === "answered") return this.#acceptedAgain(answerSdp);
    if (this.#state.name !== "dialling") return;
    const { redirects } = this.#state;
    this.#state = { name: "accepting", redirects };
    try {
      const candidates = await this.#session.accept(answerSdp);
      if (this.#isEnding()) return;
      this.#mustConnect(redirects);
      for (const candidate of candidates) this.#remote.candidate(candidate);
      this.#log.info("accepted");
    } catch (error) {
      this.#log.warn({ err: error }, "answer refused");
      this.fail("ice_failed", error instanceof GatewayError ? error.message : undefined);
    }
  }

  /** The caller may have moved to another network: it is offered a new way here, and goes on if it is still there. */
  async #callBack(): Promise<void> {
    if (!this.isOpen || this.#isEnding() || this.#isCallingBack) return;
    this.#isCallingBack = true;
    try {
      const offer = await this.#session.offerAgain();
      if (this.#isEnding()) return;
      this.#remote.offer(offer);
      this.#log.info("does not come through: offered again");
    } catch (error) {
      this.#log.debug({ err: error }, "does not come through");
    } finally {
      this.#isCallingBack = false;
    }
  }

  async #acceptedAgain(answerSdp: string): Promise<void> {
    try {
      for (const candidate of await this.#session.acceptAgain(answerSdp)) this.#remote.candidate(candidate);
      this.#log.info("has answered our offer");
    } catch (error) {
      this.#log.warn({ err: error }, "the answer to our offer was refused");
    }
  }

  /** Ends a call that cannot be: ERROR says why. One that is up is not there for signalling to end. */
  fail(reason: "no_answer" | "peer_unavailable" | "ice_failed", message = FAILURES[reason]): void {
    if (this.#isEnding() || this.isOpen) return;
    this.events.push({ event: "ERROR", error_message: message });
    void this.end(reason);
  }

  addCandidate(candidate: RemoteCandidate): void {
    if (this.#state.name === "ended") return;
    const isEarly = this.#state.name === "ringing" || this.#state.name === "dialling";
    if (isEarly && ++this.#earlyCandidates > MAX_EARLY_CANDIDATES) return;
    this.#session.addRemoteCandidate(candidate);
  }

  /** Another offer for the same connection: a renegotiation or an ICE restart. One that cannot be answered ends nothing. */
  async renegotiate(offerSdp: string): Promise<void> {
    // A caller offers again only once it has our answer.
    if (this.#state.name !== "answered") return;
    try {
      const sdp = await this.#session.renegotiate(offerSdp);
      if (this.#isEnding()) return;
      this.#remote.answer(sdp);
      this.#log.info("renegotiated");
    } catch (error) {
      this.#log.warn({ err: error }, "renegotiation failed");
    }
  }

  /**
   * Asks the caller for a keyframe of the media that is redirected to an address.
   *
   * @throws GatewayError NOT_ANSWERED, CALL_ENDED, NOT_REDIRECTED.
   */
  requestKeyframe(address: Address): void {
    if (this.#state.name === "ended") throw new GatewayError("CALL_ENDED");
    if (this.#state.name !== "answered") throw new GatewayError("NOT_ANSWERED");
    const { video, audio } = this.#state.redirects;
    if (isSame(video, address)) this.#session.requestKeyframe("video");
    // Audio has no keyframes: there is nothing to ask for, and nothing wrong with asking.
    else if (!isSame(audio, address)) throw new GatewayError("NOT_REDIRECTED", undefined, { field: "port" });
  }

  /**
   * Sends media elsewhere from now on, beginning with the last seconds of it; or nowhere, if nothing is named.
   *
   * @throws GatewayError NOT_ANSWERED, CALL_ENDED.
   */
  redirect(redirects: Redirects): void {
    // What was held while the call ended still goes to whoever takes over.
    if (this.#state.name === "ended" || (this.#isEnding() && !this.#session.isHeld))
      throw new GatewayError("CALL_ENDED");
    if (this.#state.name !== "answered") throw new GatewayError("NOT_ANSWERED");
    this.#state = { ...this.#state, redirects };
    this.#session.redirect(redirects);
    this.#log.info({ redirects }, "redirected");
  }

  /**
   * Sends media elsewhere from the next keyframe on, which is asked for: nothing is missing, and nothing is there twice.
   *
   * @returns what `look` sees right before.
   * @throws GatewayError NOT_ANSWERED; CALL_ENDED, REDIRECTED_AGAIN when that comes first.
   */
  async turn<Seen>(redirects: Redirects, look: () => Seen): Promise<Seen> {
    if (this.#isEnding()) throw new GatewayError("CALL_ENDED");
    if (this.#state.name !== "answered") throw new GatewayError("NOT_ANSWERED");
    return new Promise((resolve, reject) => {
      this.#session.turn(redirects, {
        turning: () => {
          resolve(look());
          if (this.#state.name === "answered") this.#state = { ...this.#state, redirects };
          this.#log.info({ redirects }, "redirected at a keyframe");
        },
        abandoned: () => reject(new GatewayError(this.#isEnding() ? "CALL_ENDED" : "REDIRECTED_AGAIN")),
      });
    });
  }

  /** The caller has left signalling. */
  remoteLeft(): void {
    if (this.#state.name === "ended") return;
    this.#stopLeaveWatch();
    const flowing = (withinMs: number) => this.#session.mediaFlowing(withinMs);
    const stoppedAfterMs = stoppedAfter(this.#session.tracks());
    this.#stopLeaveWatch = watchAfterLeave(flowing, stoppedAfterMs, () => void this.end("leave"), this.#clock);
  }

  /** The API's caller lets go of the call: its id is gone, though CLOSE can still be read. */
  async release(): Promise<void> {
    this.#isReleased = true;
    await this.end("deleted");
  }

  /** Ends the call in order, within END_LIMIT_MS. May be called again. */
  async end(reason: CallEnd): Promise<void> {
    if (this.#state.name === "ended") return;
    if (this.#reason === undefined) {
      this.#reason = reason;
      if (!CALLER_KNOWS.has(reason)) this.#remote.forceClose();
    }
    let cancel = () => {};
    const limit = new Promise<void>((resolve) => {
      cancel = this.#clock.after(END_LIMIT_MS, resolve);
    });
    const ended = this.#session.end(SESSION_ENDS[reason] ?? (reason as EndReason));
    await Promise.race([ended, limit]).catch((error) => this.#log.error({ err: error }, "session did not end well"));
    cancel();
    this.#finish(reason);
  }

  #mustConnect(redirects: Redirects): void {
    this.#state = { name: "answered", redirects, isReady: false };
    this.#cancelLimit();
    this.#cancelLimit = this.#clock.after(CONNECT_LIMIT_MS, () => void this.end("ice_failed"));
  }

  /** @throws GatewayError CALL_ENDED. */
  get #session(): MediaSession {
    if (!this.#liveSession) throw new GatewayError("CALL_ENDED");
    return this.#liveSession;
  }

  async #answerSdp(offerSdp: string, options: MediaOptions): Promise<string> {
    try {
      return await this.#session.answer(offerSdp, options);
    } catch (error) {
      const isCallers = error instanceof GatewayError && error.fault === "caller";
      // The session takes another answer only if nothing but the request was wrong.
      if (isCallers && !this.#isEnding()) {
        this.#state = { name: "ringing" };
        this.#feed?.withdraw(this.id);
      }
      if (isCallers) throw error;
      this.#log.error({ err: error }, "answering failed");
      const failure =
        error instanceof GatewayError ? error : new GatewayError("TRANSPORT_FAILED", undefined, { cause: error });
      this.events.push({ event: "ERROR", error_message: failure.message });
      void this.end("ice_failed");
      throw failure;
    }
  }

  #isEnding(): boolean {
    return this.#reason !== undefined || this.#state.name === "ended";
  }

  #ready(): void {
    if (this.#state.name !== "answered") return;
    this.#state = { ...this.#state, isReady: true };
    this.#hasConnected = true;
    this.#cancelLimit();
    this.#log.info("ready");
    this.events.push({ event: "READY" });
  }

  #stream(kind: Kind): void {
    const is_video = kind === "video";
    const stream_id = is_video ? newVideoId() : newAudioId();
    this.events.push({ event: "STREAM", stream_options: { is_video, media_connection_id: this.id, stream_id } });
  }

  #finish(reason: EndReason | CallEnd, unixMs = Date.now()): void {
    if (this.#state.name === "ended") return;
    this.#cancelLimit();
    this.#stopLeaveWatch();
    this.#feed?.detach(this.id);
    const ended = { reason: this.#reason ?? reason, unixMs };
    this.#state = { name: "ended", ...ended, tracks: this.tracks() };
    this.#liveSession = undefined;
    this.#log.info(ended, "ended");
    this.events.end({ event: "CLOSE" });
    this.#onEnded();
  }
}

/** What ERROR says. */
const FAILURES: Record<"no_answer" | "peer_unavailable" | "ice_failed", string> = {
  no_answer: "the peer did not answer",
  peer_unavailable: "there is no peer with this id",
  ice_failed: "the connection could not be made",
};

/** What a session that never was need not tell apart. */
const SESSION_ENDS: Partial<Record<CallEnd, EndReason>> = {
  offer_expired: "deleted",
  no_answer: "deleted",
  peer_unavailable: "leave",
};

/**
 * Ends that the caller has said on signalling, or cannot hear of. One that closes its connection alone is told, for
 * those who answer for it there.
 */
const CALLER_KNOWS: ReadonlySet<CallEnd> = new Set(["force_close", "leave", "peer_unavailable"]);

function isSame(redirect: Address | undefined, address: Address): boolean {
  return redirect?.host === address.host && redirect.port === address.port;
}
