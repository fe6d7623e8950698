import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Logger } from "pino";
import { GatewayError } from "../errors.ts";
import { EventStream } from "../events/eventStream.ts";
import { type MediaConnectionId, newAudioId, newMediaConnectionId, newVideoId } from "../ids.ts";
import { noCounts } from "../rtp/counters.ts";
import type { describeOffer } from "../webrtc/codecDescription.ts";
import type {
  AdditionalMedia,
  Address,
  EndReason,
  Kind,
  MediaOptions,
  MediaSession,
  MediaSessionFactory,
  Redirects,
  RemoteCandidate,
  SendLosses,
  TrackReport,
} from "../webrtc/mediaSession.ts";
import type { AdditionalConnection } from "./additionalConnection.ts";
import type { Call, Feed, LiveCall, RemotePeer } from "./call.ts";
import {
  type CallEnd,
  type CallFailure,
  endSession,
  FAILURES,
  HANG_UP_MESSAGE_LIMIT_MS,
  isKnownToCaller,
} from "./callEnd.ts";
import { CallSetup } from "./callSetup.ts";
import { CONNECT_LIMIT_MS, Deadline } from "./deadline.ts";
import { LEAVE_WATCH_MS, stoppedAfter, watchAfterLeave } from "./leaveWatch.ts";
import type { MediaEvent } from "./mediaEvents.ts";
import { Redirection } from "./redirection.ts";
import { Renegotiation } from "./renegotiation.ts";
import { sendLossMessage } from "./sendLossMessage.ts";

export interface Media {
  createSession: MediaSessionFactory;
  describeOffer: typeof describeOffer;
}

type State =
  | { name: "setup"; setup: CallSetup }
  | { name: "answered"; redirection: Redirection; renegotiation: Renegotiation; isReady: boolean }
  /** The caller has closed its transport, and may still announce on signalling why. */
  | { name: "closed"; unixMs: number; tracks: TrackReport[] }
  | { name: "ended"; reason: CallEnd; unixMs: number; tracks: TrackReport[] };

/** One call from another peer or to it, from its offer to CLOSE. */
export class MediaConnection {
  readonly id: MediaConnectionId = newMediaConnectionId();
  readonly remoteId: string;
  readonly connectionId: string;
  /** From the page of skyway-js; undefined if it sent none. */
  readonly metadata: unknown;
  readonly events: EventStream<MediaEvent>;
  readonly #remote: RemotePeer;
  /** Released at the end: an ended call is kept for minutes, and must not keep the last seconds of its media. */
  #liveSession: MediaSession | undefined;
  readonly #offered: TrackReport[];
  readonly #clock: Clock;
  readonly #deadline: Deadline;
  readonly #log: Logger;
  readonly #onEnded: () => void;
  /** Connections of its additional tracks. */
  readonly additional: AdditionalConnection[] = [];
  #state: State;
  #feed: Feed | undefined;
  #isReleased = false;
  #refusal: string | undefined;
  #lastSurplus: readonly Kind[] = [];
  #hasConnected = false;
  #endReason: CallEnd | undefined;
  #stopLeaveWatch = () => {};
  #leftAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param onEnded is called once, after CLOSE was pushed.
   * @param connectAdditional makes a connection for additional tracks.
   * @throws GatewayError INVALID_OFFER.
   */
  constructor(
    call: Call,
    remote: RemotePeer,
    media: Media,
    clock: Clock,
    log: Logger,
    onEnded: () => void,
    connectAdditional: (media: AdditionalMedia) => AdditionalConnection,
  ) {
    this.#remote = remote;
    this.#clock = clock;
    this.#deadline = new Deadline(clock);
    this.#log = log.child({ mediaConnectionId: this.id, remoteId: call.remoteId });
    this.#onEnded = onEnded;
    this.remoteId = call.remoteId;
    this.connectionId = call.connectionId;
    this.metadata = call.metadata;
    this.events = new EventStream(clock);
    const offered = call.offerSdp === undefined ? [] : media.describeOffer(call.offerSdp);
    this.#offered = offered.map((kind) => ({ ...kind, negotiated: null, clock: null, counters: noCounts() }));
    this.#liveSession = media.createSession({
      onReady: () => this.#ready(),
      onStream: (kind) => this.#stream(kind),
      onSendLosses: (kind, losses) => this.#lostOfProgram(kind, losses),
      onAdditional: (tracks) => this.additional.push(connectAdditional(tracks)),
      onStalled: () => void this.#stalled(),
      onEnded: (reason, unixMs) => this.#sessionEnded(reason, unixMs),
    });
    this.#state = { name: "setup", setup: this.#setUp(call) };
    this.#log.info("call");
  }

  /** Whether the id is gone: the caller of the API has released it, or knows that the call has ended. */
  get isGone(): boolean {
    return this.#isReleased || (this.#state.name === "ended" && this.events.endDelivered);
  }

  /** Whether DELETE is accepted: also after CLOSE was read, because programs send DELETE then. */
  get isDeletable(): boolean {
    return !this.#isReleased || this.events.endDelivered;
  }

  /** Whether the call was ever connected. */
  get hasConnected(): boolean {
    return this.#hasConnected;
  }

  get isOpen(): boolean {
    return this.#state.name === "answered" && this.#state.isReady;
  }

  get ended(): { reason: CallEnd; unixMs: number } | null {
    return this.#state.name === "ended" ? { reason: this.#state.reason, unixMs: this.#state.unixMs } : null;
  }

  /** Whether a program has made or answered the call, rather than left it ringing. */
  get isTaken(): boolean {
    return this.#state.name !== "setup" || this.#state.setup.isTaken;
  }

  /** Before the answer: offered tracks. Then: received tracks. After the end: their last state. */
  tracks(): TrackReport[] {
    switch (this.#state.name) {
      case "setup":
        return this.#offered;
      case "answered":
        return this.#session.tracks();
      case "closed":
      case "ended":
        return this.#state.tracks;
    }
  }

  /** Kinds of tracks that are sent and not received, because they are too many. */
  get surplus(): readonly Kind[] {
    return this.#liveSession?.surplus() ?? this.#lastSurplus;
  }

  /** Media is held until it is redirected. */
  get isHeld(): boolean {
    return this.#liveSession?.isHeld ?? false;
  }

  // The beginning: the API's caller answers the offer, or the other peer answers ours.

  /**
   * @param feed what programs send into the call.
   * @throws GatewayError ALREADY_ANSWERED, CALL_ENDED, CODEC_NOT_OFFERED, INVALID_OFFER, TRANSPORT_FAILED,
   *   TURN_UNREACHABLE, UNKNOWN_ID.
   */
  async answer(options: MediaOptions, feed?: Feed): Promise<void> {
    if (this.#isOver) throw new GatewayError("CALL_ENDED");
    if (this.#state.name !== "setup") throw new GatewayError("ALREADY_ANSWERED");
    await this.#state.setup.answer(options, feed);
  }

  /**
   * Calls the other peer.
   *
   * @throws GatewayError ALREADY_ANSWERED, CODEC_NOT_OFFERED, INVALID_FIELD, TRANSPORT_FAILED, UNKNOWN_ID: then there
   *   is no call.
   */
  async dial(options: MediaOptions, feed?: Feed): Promise<void> {
    if (this.#state.name !== "setup") throw new GatewayError("ALREADY_ANSWERED");
    await this.#state.setup.dial(options, feed);
  }

  /** The other peer's answer to our offer. */
  async accepted(answerSdp: string): Promise<void> {
    if (this.#state.name === "setup") await this.#state.setup.accepted(answerSdp);
    else if (this.#state.name === "answered") await this.#state.renegotiation.acceptRestart(answerSdp);
  }

  addCandidate(candidate: RemoteCandidate): void {
    if (this.#state.name === "setup") this.#state.setup.addCandidate(candidate);
    else if (this.#state.name === "answered") this.#session.addRemoteCandidate(candidate);
  }

  #setUp(call: Call): CallSetup {
    return new CallSetup(call, {
      ...this.#liveCall(),
      id: this.id,
      deadline: this.#deadline,
      attached: (feed) => {
        this.#feed = feed;
      },
      answered: (redirects) => this.#answered(redirects),
      error: (message) => this.events.push({ event: "ERROR", error_message: message }),
      fail: (reason, message) => this.fail(reason, message),
      end: (reason) => this.end(reason),
    });
  }

  /** Both descriptions are known: the call must connect now. */
  #answered(redirects: Redirects): void {
    const call = this.#liveCall();
    const [redirection, renegotiation] = [new Redirection(redirects, call), new Renegotiation(call)];
    this.#state = { name: "answered", redirection, renegotiation, isReady: false };
    this.#deadline.set(CONNECT_LIMIT_MS, () => void this.end("ice_failed"));
  }

  #ready(): void {
    if (this.#state.name !== "answered") return;
    this.#state = { ...this.#state, isReady: true };
    this.#hasConnected = true;
    this.#deadline.cancel();
    this.#log.info("ready");
    this.events.push({ event: "READY" });
  }

  #stream(kind: Kind): void {
    const is_video = kind === "video";
    const stream_id = is_video ? newVideoId() : newAudioId();
    this.events.push({ event: "STREAM", stream_options: { is_video, media_connection_id: this.id, stream_id } });
  }

  /** Also at the end, before CLOSE: a program that polls for CLOSE reads it. */
  #lostOfProgram(kind: Kind, losses: SendLosses): void {
    this.#log.warn({ kind, ...losses }, "packets of the program were lost");
    this.events.push({ event: "ERROR", error_message: sendLossMessage(kind, losses) });
  }

  // While the call is up: offers for the same connection, and where its media goes.

  /** Another offer for the same connection. Ignored before the answer: callers send another offer only after our answer. */
  async renegotiate(offerSdp: string): Promise<void> {
    if (this.#state.name === "answered") await this.#state.renegotiation.answer(offerSdp);
  }

  async #stalled(): Promise<void> {
    if (this.#state.name !== "answered" || !this.isOpen || this.#isEnding()) return;
    await this.#state.renegotiation.offerRestart();
  }

  /**
   * Requests a keyframe of the media that is redirected to an address.
   *
   * @throws GatewayError NOT_ANSWERED, CALL_ENDED, NOT_REDIRECTED.
   */
  requestKeyframe(address: Address): void {
    this.#redirection.requestKeyframe(address);
  }

  /**
   * Sends media elsewhere from now on, beginning with the last seconds of it; or nowhere, if no address is given.
   *
   * @throws GatewayError NOT_ANSWERED, CALL_ENDED.
   */
  redirect(redirects: Redirects): void {
    // Media that was held when the call ended can still be redirected.
    if (this.#isEnding() && !this.#liveSession?.isHeld) throw new GatewayError("CALL_ENDED");
    this.#redirection.redirect(redirects);
  }

  /**
   * Sends media elsewhere from the next keyframe on, which is requested: nothing is missing, and nothing is repeated.
   *
   * @returns what `look` returns right before.
   * @throws GatewayError NOT_ANSWERED; CALL_ENDED, REDIRECTED_AGAIN if that happens first.
   */
  async redirectAtKeyframe<Seen>(redirects: Redirects, look: () => Seen): Promise<Seen> {
    if (this.#isEnding()) throw new GatewayError("CALL_ENDED");
    return this.#redirection.redirectAtKeyframe(redirects, look);
  }

  /** @throws GatewayError NOT_ANSWERED, CALL_ENDED. */
  get #redirection(): Redirection {
    if (this.#isOver) throw new GatewayError("CALL_ENDED");
    if (this.#state.name !== "answered") throw new GatewayError("NOT_ANSWERED");
    return this.#state.redirection;
  }

  // The end.

  /** The caller has left signalling. */
  remoteLeft(): void {
    if (this.#state.name === "closed") return void this.end("leave");
    if (this.#state.name === "ended") return;
    this.#leftAtMs = this.#clock.now();
    this.#stopLeaveWatch();
    const flowing = (withinMs: number) => this.#session.mediaFlowing(withinMs);
    const stoppedAfterMs = stoppedAfter(this.#session.tracks());
    this.#stopLeaveWatch = watchAfterLeave(flowing, stoppedAfterMs, () => void this.end("leave"), this.#clock);
  }

  /** Ends a call that cannot be made; ERROR says why. Signalling cannot end a call that is up. */
  fail(reason: CallFailure, message = FAILURES[reason]): void {
    if (this.#isEnding() || this.isOpen) return;
    this.events.push({ event: "ERROR", error_message: message });
    void this.end(reason);
  }

  /**
   * The API's caller releases the call: its id is gone, though CLOSE can still be read.
   *
   * @param refusal a code that the other peer gets, if the call was not answered.
   */
  async release(refusal?: string): Promise<void> {
    this.#isReleased = true;
    this.#refusal = refusal;
    await this.end("deleted");
  }

  /** Ends the call in order, within a limit. May be called again. */
  async end(reason: CallEnd): Promise<void> {
    if (this.#state.name === "ended") return;
    if (this.#state.name === "closed") {
      this.#finish(isKnownToCaller(reason) ? reason : "dtls_closed", this.#state.unixMs);
      return;
    }
    if (this.#endReason === undefined) {
      this.#endReason = reason;
      if (!isKnownToCaller(reason)) this.#remote.forceClose(this.#refusal);
    }
    await endSession(this.#session, reason, this.#clock, this.#log);
    this.#finish(reason);
  }

  /** Its media has ended. The reason of a closed transport may still arrive through signalling. */
  #sessionEnded(reason: EndReason, unixMs: number): void {
    if (this.#isOver) return;
    const isExplained = reason !== "dtls_closed" || this.#endReason !== undefined;
    const hasJustLeft = this.#clock.now() - this.#leftAtMs < LEAVE_WATCH_MS;
    if (isExplained || hasJustLeft) {
      this.#finish(isExplained ? reason : "leave", unixMs);
      return;
    }
    this.#state = { name: "closed", unixMs, tracks: this.tracks() };
    this.#releaseMedia();
    this.#deadline.set(HANG_UP_MESSAGE_LIMIT_MS, () => this.#finish(reason, unixMs));
  }

  #finish(reason: CallEnd, unixMs = Date.now()): void {
    if (this.#state.name === "ended") return;
    const ended = { reason: this.#endReason ?? reason, unixMs };
    this.#state = { name: "ended", ...ended, tracks: this.tracks() };
    this.#releaseMedia();
    this.#log.info(ended, "ended");
    this.events.end({ event: "CLOSE" });
    for (const one of this.additional) one.callEnded(ended.reason);
    this.#onEnded();
  }

  #releaseMedia(): void {
    this.#deadline.cancel();
    this.#stopLeaveWatch();
    this.#feed?.detach(this.id);
    this.#lastSurplus = this.surplus;
    this.#liveSession = undefined;
  }

  /** Whether its media has ended. */
  get #isOver(): boolean {
    return this.#state.name === "closed" || this.#state.name === "ended";
  }

  #isEnding(): boolean {
    return this.#endReason !== undefined || this.#isOver;
  }

  /** @throws GatewayError CALL_ENDED. */
  get #session(): MediaSession {
    if (!this.#liveSession) throw new GatewayError("CALL_ENDED");
    return this.#liveSession;
  }

  /** Kept by the current state only, so that it is released with the session. */
  #liveCall(): LiveCall {
    return { session: this.#session, remote: this.#remote, log: this.#log, isEnding: () => this.#isEnding() };
  }
}
