import { setTimeout as wait } from "node:timers/promises";
import { GatewayError } from "../errors.ts";
import { isRtcp } from "../rtp/packet.ts";
import { type Agreement, describeAnswer, isForTransport, localCandidates } from "./agreement.ts";
import type { AnsweredMedia } from "./answerPlan.ts";
import { Arrivals } from "./arrivals.ts";
import { CallMedia } from "./callMedia.ts";
import { CallTransports } from "./callTransports.ts";
import { FirstPackets } from "./firstPackets.ts";
import { HELD_MEDIA_LIMIT_MS, HeldMedia, NOT_WANTED } from "./heldMedia.ts";
import type {
  AdditionalMedia,
  EndReason,
  Kind,
  MediaOptions,
  MediaSession,
  MediaSessionListeners,
  Redirects,
  RemoteCandidate,
  SeamlessRedirectListeners,
  SendLosses,
  TrackReport,
} from "./mediaSession.ts";
import { Negotiation } from "./negotiation.ts";
import type { PeerTransport } from "./peerTransport.ts";
import type { SessionResources } from "./sessionResources.ts";
import { type DialledCall, dial, takeAnswer, takeOffer } from "./sessionSetup.ts";
import { StallWatch } from "./stallWatch.ts";
import type { Ticking } from "./ticker.ts";

/** We notice these ends some time after the sender has gone. */
const SENDER_WAS_GONE: ReadonlySet<EndReason> = new Set(["ice_failed", "leave"]);
/** How long to wait for packets that were sent before the end. */
const LAST_PACKETS_LIMIT_MS = 300;
/** How long to wait for a caller that has moved. */
const COMEBACK_LIMIT_MS = 10_000;
/** A caller that has sent something this recently is still there, perhaps at another address. */
const RECENT_MS = 1_000;

/** What exists only once the call was answered. */
interface AnsweredCall {
  media: CallMedia;
  negotiation: Negotiation;
}

/** The media of one call, from its answer to its end. */
export class CallSession implements MediaSession, Ticking {
  readonly #resources: SessionResources;
  readonly #listeners: MediaSessionListeners;
  readonly #transports: CallTransports;
  /** Until the call is answered. */
  readonly #earlyCandidates: RemoteCandidate[] = [];
  readonly #arrivals = new Arrivals();
  readonly #stall = new StallWatch();
  readonly #held = new HeldMedia();
  readonly #firstPackets = new FirstPackets();
  #dialled: DialledCall | undefined;
  #answered: AnsweredCall | undefined;
  #wasReady = false;
  #hasFailed = false;
  #ending: Promise<void> | undefined;

  constructor(resources: SessionResources, listeners: MediaSessionListeners) {
    this.#resources = resources;
    this.#listeners = listeners;
    this.#transports = new CallTransports(resources, {
      packet: (packet) => this.#receive(packet),
      connected: (transport) => this.#connected(transport),
      lost: (reason) => this.#lost(reason),
    });
  }

  // The beginning: we answer an offer, or the peer answers ours.

  async answer(offerSdp: string, options: MediaOptions): Promise<string> {
    if (this.#answered || this.#ending) throw new GatewayError("ALREADY_ANSWERED");
    const agreement = takeOffer(offerSdp, options, this.#transports);
    // Packets arrive only after this turn of the event loop: none is missed.
    const { negotiation } = this.#begin(agreement, options.redirects);
    if (options.isHeld) this.redirect({});
    await agreement.transport.gathered?.allocated();
    const { transport } = negotiation.agreement;
    return describeAnswer(negotiation.agreement, this.#transports.endpointsOf(transport));
  }

  async call(options: MediaOptions): Promise<string> {
    if (this.#dialled || this.#answered || this.#ending) throw new GatewayError("ALREADY_ANSWERED");
    const { dialled, offerSdp } = dial(options, this.#transports);
    this.#dialled = dialled;
    return offerSdp;
  }

  async accept(answerSdp: string): Promise<RemoteCandidate[]> {
    if (!this.#dialled || this.#answered || this.#ending) throw new GatewayError("NOT_ANSWERED");
    const agreement = takeAnswer(answerSdp, this.#dialled);
    const { negotiation } = this.#begin(agreement, this.#dialled.redirects);
    await agreement.transport.gathered?.allocated();
    return this.#localCandidates(negotiation);
  }

  /** Both descriptions are known: media may come. */
  #begin(agreement: Agreement, redirects: Redirects): AnsweredCall {
    const toPeer = (packet: Buffer) => this.#transports.send(packet);
    const onLosses = (kind: Kind, losses: SendLosses) => this.#listeners.onSendLosses?.(kind, losses);
    const onAdditional = (additional: AdditionalMedia) => this.#listeners.onAdditional?.(additional);
    const media = new CallMedia(agreement.media, redirects, { toPeer, onLosses, onAdditional }, this.#resources);
    const negotiation = new Negotiation(agreement, this.#transports, this.#resources, {
      isEnding: () => this.#ending !== undefined,
      agreed: (agreedMedia) => this.#agreed(agreedMedia, media),
      silentMs: () => this.#arrivals.silentMs(this.#resources.now()),
      restartAnswered: () => this.#stall.answered(this.#resources.now()),
    });
    this.#answered = { media, negotiation };
    for (const candidate of this.#earlyCandidates.splice(0)) this.addRemoteCandidate(candidate);
    return this.#answered;
  }

  addRemoteCandidate(candidate: RemoteCandidate): void {
    if (this.#answered === undefined) {
      this.#earlyCandidates.push(candidate);
      return;
    }
    const { agreement } = this.#answered.negotiation;
    if (isForTransport(candidate, agreement)) agreement.transport.addRemoteCandidate(candidate.candidate);
  }

  #connected(transport: PeerTransport): void {
    if (this.#answered === undefined || this.#ending) return;
    const { media, negotiation } = this.#answered;
    if (transport === negotiation.agreement.transport) this.#transports.closeAllBut(transport);
    if (this.#wasReady) return;
    this.#wasReady = true;
    const { bandwidth, ticker, now } = this.#resources;
    ticker.add(this);
    bandwidth.join(this);
    media.start(now());
    this.#firstPackets.begin(now());
    this.#listeners.onReady();
    for (const kind of media.kinds) this.#listeners.onStream(kind);
  }

  // While the call is up: media flows, and is redirected.

  #receive(packet: Buffer): void {
    try {
      const nowMs = this.#resources.now();
      const kind = isRtcp(packet) ? "rtcp" : "media";
      this.#arrivals.add(kind, nowMs);
      this.#answered?.media.receive(packet, kind, nowMs);
      if (this.#wasReady) this.#sendFirstPackets(nowMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  tick(nowMs: number): void {
    try {
      if (this.#firstPackets.isDue(nowMs)) this.#sendFirstPackets(nowMs);
      this.#answered?.media.tick(nowMs);
      const requests = this.#answered?.media.unansweredKeyframeRequests ?? 0;
      if (!this.#ending && this.#stall.look(this.#arrivals, requests, nowMs)) this.#listeners.onStalled();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A bug must not end all other calls: it is logged once, and the call continues. */
  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#resources.log.error({ err: error }, "receiver failed");
    this.#hasFailed = true;
  }

  send(kind: Kind, datagram: Buffer): void {
    if (!this.#wasReady || this.#ending || this.#firstPackets.keep(kind, datagram)) return;
    this.#answered?.media.send(kind, datagram, this.#resources.now());
  }

  #sendFirstPackets(nowMs: number): void {
    for (const { kind, datagram } of this.#firstPackets.take()) this.#answered?.media.send(kind, datagram, nowMs);
  }

  sendRtcp(kind: Kind, datagram: Buffer): void {
    if (this.#wasReady) this.#answered?.media.sendRtcp(kind, datagram, this.#resources.now());
  }

  requestKeyframe(kind: Kind): void {
    this.#answered?.media.requestKeyframe(kind);
  }

  redirect(redirects: Redirects): void {
    this.#held.set(redirects.audio === undefined && redirects.video === undefined);
    this.#answered?.media.redirect(redirects, this.#resources.now());
  }

  redirectAtKeyframe(redirects: Redirects, listeners: SeamlessRedirectListeners): void {
    if (this.#answered === undefined || this.#ending) listeners.abandoned();
    else this.#answered.media.redirectAtKeyframe(redirects, listeners, this.#resources.now());
  }

  get isHeld(): boolean {
    return this.#held.isHeld;
  }

  mediaFlowing(withinMs: number): boolean {
    return this.#answered?.media.isFlowing(withinMs, this.#resources.now()) ?? false;
  }

  tracks(): TrackReport[] {
    if (this.#answered === undefined) return [];
    const { media, negotiation } = this.#answered;
    return media.tracks(negotiation.agreement.offer);
  }

  surplus(): Kind[] {
    const { media } = this.#answered?.negotiation.agreement ?? { media: [] };
    const surplus = media.filter((one) => one.state === "inactive" && one.isSurplus);
    return surplus.map((one) => (one.media.type === "video" ? "video" : "audio"));
  }

  // Changes of a running call: another offer, or an ICE restart.

  #agreed(agreed: readonly AnsweredMedia[], media: CallMedia): void {
    const before = media.kinds;
    media.renegotiated(agreed);
    if (!this.#wasReady) return;
    for (const kind of media.kinds) if (!before.includes(kind)) this.#listeners.onStream(kind);
  }

  async renegotiate(offerSdp: string): Promise<string> {
    return this.#running().renegotiate(offerSdp);
  }

  async offerRestart(): Promise<string> {
    return this.#running().offerRestart();
  }

  async acceptRestart(answerSdp: string): Promise<RemoteCandidate[]> {
    const negotiation = this.#running();
    await negotiation.acceptRestart(answerSdp);
    return this.#localCandidates(negotiation);
  }

  #running(): Negotiation {
    if (!this.#answered || this.#ending) throw new GatewayError("NOT_ANSWERED");
    return this.#answered.negotiation;
  }

  #localCandidates({ agreement }: Negotiation): RemoteCandidate[] {
    return localCandidates(agreement, this.#transports.endpointsOf(agreement.transport));
  }

  // The end.

  /**
   * libjuice keeps the pair that was nominated first: packets of a caller that has moved still arrive, and yet its transport
   * fails. A caller that accepts our new transport ends DTLS on the former one before its answer arrives.
   */
  #lost(reason: "ice_failed" | "dtls_closed"): void {
    const negotiation = this.#answered?.negotiation;
    const isHeard = this.#wasReady && this.#arrivals.silentMs(this.#resources.now()) < RECENT_MS;
    const isMoving = reason === "dtls_closed" ? negotiation?.hasOfferedTransport : isHeard;
    if (this.#ending || !isMoving) return void this.end(reason);
    if (!negotiation?.hasOffered) this.#listeners.onStalled();
    setTimeout(() => {
      if (this.#transports.isEmpty) void this.end(reason);
    }, COMEBACK_LIMIT_MS).unref();
  }

  end(reason: EndReason): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  async #end(reason: EndReason): Promise<void> {
    const { bandwidth, ticker, now } = this.#resources;
    const [endedMs, endedUnixMs] = [now(), Date.now()];
    if (!NOT_WANTED.has(reason)) await this.#arrivals.ceased(endedMs + LAST_PACKETS_LIMIT_MS, now, wait);
    this.#answered?.negotiation.close();
    this.#transports.closeAllBut();
    if (this.#answered !== undefined) {
      if (!NOT_WANTED.has(reason)) await this.#held.released(HELD_MEDIA_LIMIT_MS);
      ticker.remove(this);
      bandwidth.leave(this);
      const wasThereMs = SENDER_WAS_GONE.has(reason) ? undefined : endedMs;
      this.#answered.media.endAdditional(reason, wasThereMs);
      await this.#answered.media.finish(wait, wasThereMs);
    }
    this.#listeners.onEnded(reason, endedUnixMs);
  }
}
