import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { GatewayError } from "../errors.ts";
import { ConnectionReceiver } from "../rtp/connectionReceiver.ts";
import { noCounts } from "../rtp/counters.ts";
import { isRtcp } from "../rtp/packet.ts";
import type { RedirectSocket } from "../rtp/redirectSocket.ts";
import { ConnectionSender } from "../rtp/send/connectionSender.ts";
import type { TrackReceiver } from "../rtp/trackReceiver.ts";
import {
  type AnsweredMedia,
  CNAME,
  candidates,
  type Endpoint,
  type KindOptions,
  type LocalTransport,
  planAgain,
  planAnswer,
  type ReceivedMedia,
  writeAnswer,
} from "./answer.ts";
import type { Bandwidth } from "./bandwidth.ts";
import { agreed, type CalledMedia, planOffer, writeOffer } from "./callOffer.ts";
import { describeCodec, describeKinds } from "./codecDescription.ts";
import { Held } from "./held.ts";
import type { MediaPort } from "./mediaPort.ts";
import type {
  EndReason,
  Kind,
  MediaOptions,
  MediaSession,
  MediaSessionListeners,
  Redirects,
  RemoteCandidate,
  TrackReport,
  TurnListeners,
} from "./mediaSession.ts";
import { isSameCertificate, isSameTransport, type Offer, type OfferedTransport, parseOffer } from "./offer.ts";
import { PeerTransport, type TransportParameters } from "./peerTransport.ts";
import type { Place } from "./place.ts";
import type { RelayedEndpoint } from "./relayedEndpoint.ts";
import { RtcpSender } from "./rtcpSender.ts";
import { StallWatch } from "./stallWatch.ts";
import type { Ticker, Ticking } from "./ticker.ts";
import { writeTransportOffer } from "./transportOffer.ts";

/** Ends that are noticed some time after the sender's. */
const SENDER_WAS_GONE: ReadonlySet<EndReason> = new Set(["ice_failed", "leave"]);
/** Ends that the API has asked for: it wants no more of the call. */
const NOT_WANTED: ReadonlySet<EndReason> = new Set(["deleted", "peer_deleted", "shutdown"]);
/** What was sent before the end may still be on its way through the library, behind the news of it. */
const HEAR_OUT_INTERVAL_MS = 10;
const HEAR_OUT_LIMIT_MS = 300;
/** Of a call that ends while its media is held: whoever is to get it is waited for. A recorder starts in a second. */
const HELD_LIMIT_MS = 5_000;

/** A DTLS association has one certificate on each side, to its end (RFC 8842, section 4). */
const ANOTHER = "another certificate than before";

/** So long a caller that has moved may take to come back. */
const COMEBACK_LIMIT_MS = 10_000;
/** Something has come from a caller so shortly ago: it is there, wherever that is. */
const JUST_HEARD_MS = 1_000;

/** What all sessions of a process share. */
export interface Surroundings {
  mediaPort: MediaPort;
  /** Of every new connection. */
  place: Place;
  /** Where callers reach the media port. Throws GatewayError PUBLISHED_PORT_UNKNOWN. */
  endpoints(): readonly Endpoint[];
  bandwidth: Bandwidth;
  socket: RedirectSocket;
  ticker: Ticker;
  /** Unix time in milliseconds that never runs backwards. */
  now(): number;
  log: Logger;
}

/** What exists only once the call was answered. */
interface Answered {
  /** The newest one. */
  transport: PeerTransport;
  /** Our end of it, as our last description says. */
  local: LocalEnd;
  receiver: ConnectionReceiver;
  sender: ConnectionSender;
  /** As agreed at first. */
  agreed: readonly AnsweredMedia[];
  plan: readonly { received: ReceivedMedia; track: TrackReceiver }[];
  /** What the peer has said last: an offer, or the answer to ours. */
  offer: Offer;
  /** How often was answered: the version of our description (RFC 3264, section 8). */
  version: number;
}

/** What is said of our end of a transport. */
type LocalEnd = TransportParameters & Pick<LocalTransport, "isLite">;

/** An offer of ours for the running call that was not answered yet: for the transport that there is, or for another. */
interface OfferedAgain {
  local: LocalEnd;
  /** undefined: the one that there is. */
  transport?: PeerTransport;
}

/** A call of ours that was not answered yet. */
interface Called {
  transport: PeerTransport;
  local: TransportParameters;
  plan: readonly CalledMedia[];
  options: MediaOptions;
}

/** The media of one call, from its answer to its end. */
export class CallSession implements MediaSession, Ticking {
  readonly #surroundings: Surroundings;
  readonly #listeners: MediaSessionListeners;
  readonly #candidates: RemoteCandidate[] = [];
  #called: Called | undefined;
  #answered: Answered | undefined;
  #redirects: Redirects = {};
  #ending: Promise<void> | undefined;
  #hasFailed = false;
  #wasReady = false;
  readonly #heard = { media: 0, rtcp: 0 };
  #heardAtMs = 0;
  readonly #stall = new StallWatch();
  #offeredAgain: OfferedAgain | undefined;
  readonly #held = new Held();
  /** One, and a second one while ICE restarts: the first is kept until the second is up. */
  readonly #transports = new Set<PeerTransport>();

  constructor(surroundings: Surroundings, listeners: MediaSessionListeners) {
    this.#surroundings = surroundings;
    this.#listeners = listeners;
  }

  async answer(offerSdp: string, options: MediaOptions): Promise<string> {
    if (this.#answered || this.#ending) throw new GatewayError("ALREADY_ANSWERED");
    const offer = parseOffer(offerSdp);
    const answer = planAnswer(offer, withSources(options));
    const transport = this.#transport(offer.transport.iceUfrag);
    // Packets come only after this turn of the event loop, so that nothing misses what is set here.
    const local = this.#connect(transport, offer);
    this.#begin(transport, local, offer, answer, options);
    if (transport.relayed) await transport.relayed.found();
    return this.#write(answer);
  }

  async call(options: MediaOptions): Promise<string> {
    if (this.#called || this.#answered || this.#ending) throw new GatewayError("ALREADY_ANSWERED");
    const plan = planOffer(withSources(options));
    const transport = this.#transport("call");
    try {
      const local = transport.offer();
      this.#called = { transport, local, plan, options };
      return writeOffer(plan, { ...local, endpoints: this.#endpoints(transport), version: 1 });
    } catch (error) {
      this.#transports.delete(transport);
      transport.close();
      throw error;
    }
  }

  async accept(answerSdp: string): Promise<RemoteCandidate[]> {
    if (!this.#called || this.#answered || this.#ending) throw new GatewayError("NOT_ANSWERED");
    const { transport, local, plan, options } = this.#called;
    const answer = parseOffer(answerSdp);
    transport.accept(writeTransportOffer(answer.transport));
    for (const candidate of answer.transport.candidates) transport.addRemoteCandidate(candidate);
    // The answerer has chosen its part in DTLS, and so ours, for as long as the association lasts.
    const setup = answer.transport.setup === "passive" ? "active" : "passive";
    this.#begin(transport, { ...local, setup }, answer, agreed(plan, answer), options);
    if (transport.relayed) await transport.relayed.found();
    return this.#localCandidates();
  }

  /** Both sides have spoken: media may come. */
  #begin(
    transport: PeerTransport,
    local: TransportParameters,
    offer: Offer,
    agreed: readonly AnsweredMedia[],
    options: MediaOptions,
  ): void {
    const received = agreed.filter((one) => one.state === "received");
    const receiver = this.#receiver(received, options);
    const sender = this.#sender(agreed);
    const plan = received.map((one, index) => ({ received: one, track: receiver.tracks[index] as TrackReceiver }));
    this.#redirects = options.redirects;
    this.#answered = { transport, local, receiver, sender, agreed, plan, offer, version: 1 };
    for (const candidate of this.#candidates.splice(0)) this.addRemoteCandidate(candidate);
  }

  async renegotiate(offerSdp: string): Promise<string> {
    const before = this.#answered;
    if (!before || this.#ending) throw new GatewayError("NOT_ANSWERED");
    const offer = parseOffer(offerSdp);
    const answer = planAgain(offer, before.agreed);
    if (isSameTransport(offer.transport, before.offer.transport)) {
      this.#answered = { ...before, offer, version: before.version + 1 };
    } else {
      await this.#restart(before, offer);
      this.#surroundings.log.info("ICE restarts");
    }
    return this.#write(answer);
  }

  /** On the transport that there is, or else on a new one that takes its place, with DTLS and SRTP of its own. */
  async #restart(before: Answered, offer: Offer): Promise<void> {
    const local = await this.#restartIce(before, offer);
    const now = this.#answered ?? before;
    const version = now.version + 1;
    if (local) {
      this.#answered = { ...now, local, offer, version };
      return now.transport.meet(offer.transport);
    }
    const transport = this.#transport(offer.transport.iceUfrag);
    this.#answered = { ...now, transport, local: this.#connect(transport, offer), offer, version };
    if (transport.relayed) await this.#relayedOr(before, transport, transport.relayed);
  }

  /**
   * @returns our new end of the transport that there is; undefined: a new one is needed, and the caller can begin DTLS
   *   anew.
   * @throws GatewayError TRANSPORT_FAILED: it cannot. The call goes on over the pair that it has, if that is still
   *   there.
   */
  async #restartIce(before: Answered, { keepsDtls, transport: remote }: Offer): Promise<LocalEnd | undefined> {
    const { transport, local } = before;
    try {
      if (!isSameCertificate(remote, before.offer.transport)) throw new GatewayError("TRANSPORT_FAILED", ANOTHER);
      const { mediaPort, now } = this.#surroundings;
      const ours = await transport.restartIce(mediaPort, now() - this.#heardAtMs);
      return { ...local, ...ours, isLite: true };
    } catch (error) {
      if (keepsDtls || this.#ending) throw error;
      this.#surroundings.log.debug({ err: error }, "ICE needs a new transport");
      return undefined;
    }
  }

  async offerAgain(): Promise<string> {
    const before = this.#answered;
    if (!before || this.#ending) throw new GatewayError("NOT_ANSWERED");
    const { offer, agreed } = before;
    // PeerJS hangs up on whoever offers again; it is the one that offers data channels along with media.
    if (offer.dataMid !== undefined) throw new GatewayError("TRANSPORT_FAILED", "no restart with this caller");
    const restarted = await this.#restartIce(before, offer);
    this.#offeredAgain?.transport?.close();
    this.#offeredAgain = restarted ? { local: restarted } : this.#newTransport();
    const now = this.#answered ?? before;
    const version = now.version + 1;
    this.#answered = { ...now, version };
    const end = { ...this.#offeredAgain.local, setup: "actpass", endpoints: [], version } as const;
    return writeAnswer(offer, planAgain(offer, agreed), end);
  }

  #newTransport(): Required<OfferedAgain> {
    const transport = this.#transport("again");
    this.#transports.delete(transport); // until it is answered
    return { transport, local: transport.offer() };
  }

  async acceptAgain(answerSdp: string): Promise<RemoteCandidate[]> {
    const offered = this.#offeredAgain;
    const before = this.#answered;
    if (!before || !offered || this.#ending) throw new GatewayError("NOT_ANSWERED");
    const { transport: remote } = parseOffer(answerSdp);
    if (!offered.transport && !isSameCertificate(remote, before.offer.transport))
      throw new GatewayError("TRANSPORT_FAILED", ANOTHER);
    offered.transport?.accept(writeTransportOffer(remote));
    this.#offeredAgain = undefined;
    this.#stall.answered(this.#surroundings.now());
    this.#answered = { ...before, ...offered, offer: { ...before.offer, transport: remote } };
    if (offered.transport) await this.#goTo(offered.transport, before, remote);
    else await before.transport.meet(remote);
    return this.#localCandidates();
  }

  async #goTo(transport: PeerTransport, before: Answered, { candidates }: OfferedTransport): Promise<void> {
    this.#transports.add(transport);
    for (const candidate of candidates) transport.addRemoteCandidate(candidate);
    if (transport.relayed) await this.#relayedOr(before, transport, transport.relayed);
  }

  /** The call goes on as it was `before` if no TURN server has a place for the new transport. */
  async #relayedOr(before: Answered, transport: PeerTransport, relayed: RelayedEndpoint): Promise<void> {
    try {
      await relayed.found();
    } catch (error) {
      if (this.#answered?.transport === transport) this.#answered = before;
      this.#transports.delete(transport);
      transport.close();
      // What there was before may have gone meanwhile.
      if (this.#transports.size === 0) this.#lost("ice_failed");
      throw error;
    }
  }

  /** Where callers reach a transport. Throws GatewayError PUBLISHED_PORT_UNKNOWN. */
  #endpoints({ relayed }: PeerTransport): readonly Endpoint[] {
    return relayed ? relayed.endpoints : this.#surroundings.endpoints();
  }

  #localCandidates(): RemoteCandidate[] {
    const { offer, transport } = this.#answered as Answered;
    const sdpMLineIndex = offer.media.findIndex(({ mid }) => mid === offer.transport.mid);
    const { mid: sdpMid } = offer.transport;
    return candidates({ endpoints: this.#endpoints(transport) }).map((candidate) => ({
      candidate,
      sdpMid,
      sdpMLineIndex,
    }));
  }

  addRemoteCandidate(candidate: RemoteCandidate): void {
    if (this.#answered === undefined) {
      this.#candidates.push(candidate);
      return;
    }
    const { offer, transport } = this.#answered;
    const index = offer.media.findIndex(({ mid }) => mid === offer.transport.mid);
    const isOurs =
      candidate.sdpMid === null
        ? candidate.sdpMLineIndex === null || candidate.sdpMLineIndex === index
        : candidate.sdpMid === offer.transport.mid;
    if (isOurs) transport.addRemoteCandidate(candidate.candidate);
  }

  requestKeyframe(kind: Kind): void {
    this.#answered?.receiver.requestKeyframe(kind);
  }

  send(kind: Kind, datagram: Buffer): void {
    if (this.#wasReady) this.#answered?.sender.send(kind, datagram, this.#surroundings.now());
  }

  sendRtcp(kind: Kind, datagram: Buffer): void {
    if (this.#wasReady) this.#answered?.sender.sendRtcp(kind, datagram, this.#surroundings.now());
  }

  redirect(redirects: Redirects): void {
    const { to, rtcp } = byKind(redirects);
    this.#redirects = redirects;
    this.#held.set(to.audio === undefined && to.video === undefined);
    this.#answered?.receiver.redirect(to, rtcp, this.#surroundings.now());
  }

  turn(redirects: Redirects, listeners: TurnListeners): void {
    this.#redirects = redirects;
    if (this.#answered === undefined || this.#ending) listeners.abandoned();
    else this.#answered.receiver.redirectSeamlessly({ ...byKind(redirects), ...listeners }, this.#surroundings.now());
  }

  get isHeld(): boolean {
    return this.#held.isSet;
  }

  mediaFlowing(withinMs: number): boolean {
    return this.#answered?.receiver.isFlowing(withinMs, this.#surroundings.now()) ?? false;
  }

  tracks(): TrackReport[] {
    if (this.#answered === undefined) return [];
    const { plan, receiver, offer } = this.#answered;
    return describeKinds(offer).map(({ kind, offered }) => {
      const one = plan.find(({ received }) => received.kind === kind);
      if (one === undefined) return { kind, offered, negotiated: null, clock: null, counters: noCounts() };
      const clock = receiver.clockOf(one.track) ?? null;
      return {
        kind,
        offered,
        negotiated: describeCodec(one.received.codec),
        clock,
        counters: { ...one.track.counters },
      };
    });
  }

  tick(nowMs: number): void {
    try {
      this.#answered?.receiver.tick(nowMs);
      this.#answered?.sender.tick(nowMs);
      const inVain = this.#answered?.receiver.unansweredKeyframeRequests ?? 0;
      if (!this.#ending && this.#stall.look(this.#heard, inVain, nowMs)) this.#listeners.onStalled();
    } catch (error) {
      this.#fail(error);
    }
  }

  end(reason: EndReason): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  async #end(reason: EndReason): Promise<void> {
    const { bandwidth, ticker, now } = this.#surroundings;
    const [endedMs, endedUnixMs] = [now(), Date.now()];
    if (!NOT_WANTED.has(reason)) await this.#hearOut(endedMs + HEAR_OUT_LIMIT_MS);
    this.#closeAllBut();
    if (this.#answered !== undefined) {
      if (!NOT_WANTED.has(reason)) await this.#held.over(HELD_LIMIT_MS);
      ticker.remove(this);
      bandwidth.leave(this);
      await this.#answered.receiver.finish(now, wait, SENDER_WAS_GONE.has(reason) ? undefined : endedMs);
    }
    this.#listeners.onEnded(reason, endedUnixMs);
  }

  /** Until nothing has come for a moment, or our clock says so: not all who hang up stop sending. */
  async #hearOut(untilMs: number): Promise<void> {
    const heard = () => this.#heard.media + this.#heard.rtcp;
    let before: number;
    do {
      before = heard();
      await wait(HEAR_OUT_INTERVAL_MS);
    } while (heard() !== before && this.#surroundings.now() < untilMs);
  }

  #receive(packet: Buffer): void {
    try {
      const nowMs = this.#surroundings.now();
      const kind = isRtcp(packet) ? "rtcp" : "media";
      this.#heard[kind] += 1;
      this.#heardAtMs = nowMs;
      if (this.#answered && kind === "rtcp") this.#answered.sender.receiveRtcp(packet, nowMs);
      this.#answered?.receiver.receive(packet, nowMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A mistake of ours with one call must not end all the others: said once, and the call goes on. */
  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#surroundings.log.error({ err: error }, "receiver failed");
    this.#hasFailed = true;
  }

  /** @param name for the library's log. */
  #transport(name: string): PeerTransport {
    const transport: PeerTransport = new PeerTransport(name, this.#surroundings.place, {
      packet: (packet) => this.#receive(packet),
      connected: () => this.#connected(transport),
      moved: () => this.#surroundings.log.info("the caller has moved"),
      gone: (reason) => {
        this.#transports.delete(transport);
        if (this.#transports.size === 0) this.#lost(reason);
      },
    });
    this.#transports.add(transport);
    return transport;
  }

  /**
   * libjuice keeps to the pair that was nominated first: a caller that has moved is heard, and lost all the same. And
   * one that takes our offer of a new transport ends DTLS on the former one before its answer is here.
   */
  #lost(reason: "ice_failed" | "dtls_closed"): void {
    const isThere = this.#wasReady && this.#surroundings.now() - this.#heardAtMs < JUST_HEARD_MS;
    const isMoving = reason === "dtls_closed" ? this.#offeredAgain?.transport !== undefined : isThere;
    if (this.#ending || !isMoving) return void this.end(reason);
    if (!this.#offeredAgain) this.#listeners.onStalled();
    setTimeout(() => {
      if (this.#transports.size === 0) void this.end(reason);
    }, COMEBACK_LIMIT_MS).unref();
  }

  /** Answers an offer's transport, with the candidates that came with it. */
  #connect(transport: PeerTransport, offer: Offer): TransportParameters {
    try {
      const offered = writeTransportOffer(offer.transport, { withData: offer.dataMid !== undefined });
      const parameters = transport.answer(offered);
      for (const candidate of offer.transport.candidates) transport.addRemoteCandidate(candidate);
      return parameters;
    } catch (error) {
      this.#transports.delete(transport);
      transport.close();
      throw error;
    }
  }

  #write(answer: readonly AnsweredMedia[]): string {
    const { offer, local, version, transport } = this.#answered as Answered;
    return writeAnswer(offer, answer, { ...local, endpoints: this.#endpoints(transport), version });
  }

  #connected(transport: PeerTransport): void {
    const { bandwidth, ticker, now } = this.#surroundings;
    if (this.#answered === undefined || this.#ending) return;
    if (transport === this.#answered.transport) this.#closeAllBut(transport);
    if (this.#wasReady) return;
    this.#wasReady = true;
    ticker.add(this);
    bandwidth.join(this);
    this.#answered.receiver.start(now());
    this.#listeners.onReady();
    for (const { received } of this.#answered.plan) this.#listeners.onStream(received.kind);
  }

  #closeAllBut(kept?: PeerTransport): void {
    if (kept === undefined) this.#offeredAgain?.transport?.close();
    for (const transport of this.#transports) {
      if (transport === kept) continue;
      this.#transports.delete(transport);
      transport.close();
    }
  }

  #sender(agreed: readonly AnsweredMedia[]): ConnectionSender {
    const tracks = agreed.flatMap((one) => {
      if (one.state === "data" || one.state === "rejected" || one.sent === undefined) return [];
      const { payloadType, samplingRate } = one.codec;
      const kind = one.media.type === "video" ? "video" : "audio";
      return [{ kind, ssrc: one.sent.ssrc, payloadType, clockRate: samplingRate } as const];
    });
    return new ConnectionSender(tracks, CNAME, {
      toPeer: (packet) => [...this.#transports].some((transport) => transport.send(packet)),
      toProgram: (kind, packet) => {
        const redirect = kind === "video" ? this.#redirects.videoRtcp : this.#redirects.audioRtcp;
        if (redirect) this.#surroundings.socket.send(packet, redirect);
      },
      onKeyframeWanted: (kind) => this.requestKeyframe(kind),
    });
  }

  #receiver(received: readonly ReceivedMedia[], { redirects }: MediaOptions) {
    const feedback = received.flatMap(({ kind, codec }) => (kind === "video" ? codec.feedback : []));
    const abilities = {
      pli: feedback.includes("nack pli"),
      fir: feedback.includes("ccm fir"),
      remb: feedback.includes("goog-remb"),
      reducedSize: received.every(({ media }) => media.allowsReducedSizeRtcp),
    };
    const videoKbps = received.find(({ kind }) => kind === "video")?.bandwidthKbps ?? 0;
    const { bandwidth } = this.#surroundings;
    const bitsPerSecond = () => bandwidth.bitsPerSecond(videoKbps);
    const sink = new RtcpSender(abilities, bitsPerSecond, (packet) =>
      // The old one goes on until the new one is open.
      [...this.#transports].some((transport) => transport.send(packet)),
    );
    const tracks = received.map(({ kind, media, codec, redirectPayloadType }) => ({
      kind,
      codec: codec.codec,
      clockRate: codec.samplingRate,
      payloadType: codec.payloadType,
      redirectPayloadType,
      rtxPayloadType: codec.rtxPayloadType,
      repeatedSources: media.repeatedSources,
      redirect: redirects[kind],
    }));
    const rtcp = {
      ...(redirects.audioRtcp ? { audio: redirects.audioRtcp } : {}),
      ...(redirects.videoRtcp ? { video: redirects.videoRtcp } : {}),
    };
    return new ConnectionReceiver(tracks, rtcp, this.#surroundings.socket, sink);
  }
}

function byKind({ audio, video, audioRtcp, videoRtcp }: Redirects) {
  return {
    to: { ...(audio && { audio }), ...(video && { video }) },
    rtcp: { ...(audioRtcp && { audio: audioRtcp }), ...(videoRtcp && { video: videoRtcp }) },
  };
}

/** Gives each kind that is sent a source of its own, and all of them one stream. */
function withSources({ audio, video }: MediaOptions): Record<Kind, KindOptions> {
  const stream = randomUUID();
  const withSource = ({ send, ...rest }: MediaOptions["audio"]): KindOptions =>
    send ? { ...rest, sent: { ssrc: randomInt(1, 2 ** 32 - 1), msid: `${stream} ${randomUUID()}` } } : rest;
  return { audio: withSource(audio), video: withSource(video) };
}
