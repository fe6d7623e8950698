import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { GatewayError } from "../errors.ts";
import { ConnectionReceiver } from "../rtp/connectionReceiver.ts";
import { noCounts } from "../rtp/counters.ts";
import type { RedirectSocket } from "../rtp/redirectSocket.ts";
import type { TrackReceiver } from "../rtp/trackReceiver.ts";
import { type AnsweredMedia, planAgain, planAnswer, type ReceivedMedia, writeAnswer } from "./answer.ts";
import type { Bandwidth } from "./bandwidth.ts";
import { describeCodec, describeKinds } from "./codecDescription.ts";
import type {
  EndReason,
  Kind,
  MediaSession,
  MediaSessionListeners,
  ReceiveOptions,
  Redirects,
  RemoteCandidate,
  TrackReport,
  TurnListeners,
} from "./mediaSession.ts";
import { isSameTransport, type Offer, parseOffer } from "./offer.ts";
import { PeerTransport, type TransportParameters } from "./peerTransport.ts";
import { RtcpSender } from "./rtcpSender.ts";
import type { Ticker, Ticking } from "./ticker.ts";
import { writeTransportOffer } from "./transportOffer.ts";

/** Ends that are noticed some time after the sender's. */
const SENDER_WAS_GONE: ReadonlySet<EndReason> = new Set(["ice_failed", "leave"]);
/** What all sessions of a process share. */
export interface Surroundings {
  port: number;
  bindAddress: string;
  addresses: readonly string[];
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
  /** Our end of it, as the answer says. */
  local: TransportParameters;
  receiver: ConnectionReceiver;
  plan: readonly { received: ReceivedMedia; track: TrackReceiver }[];
  /** The newest one. */
  offer: Offer;
  /** How often was answered: the version of our description (RFC 3264, section 8). */
  version: number;
}

/** One call that is received, from its answer to its end. */
export class ReceiveSession implements MediaSession, Ticking {
  readonly #surroundings: Surroundings;
  readonly #listeners: MediaSessionListeners;
  readonly #candidates: RemoteCandidate[] = [];
  #answered: Answered | undefined;
  #ending: Promise<void> | undefined;
  #hasFailed = false;
  #wasReady = false;
  /** One, and a second one while ICE restarts: the first is kept until the second is up. */
  readonly #transports = new Set<PeerTransport>();

  constructor(surroundings: Surroundings, listeners: MediaSessionListeners) {
    this.#surroundings = surroundings;
    this.#listeners = listeners;
  }

  async answer(offerSdp: string, options: ReceiveOptions): Promise<string> {
    if (this.#answered || this.#ending) throw new GatewayError("ALREADY_ANSWERED");
    const offer = parseOffer(offerSdp);
    const answer = planAnswer(offer, options);
    const transport = this.#transport(offer);
    const received = answer.filter((one) => one.state === "received");
    const receiver = this.#receiver(received, options);
    const plan = received.map((one, index) => ({ received: one, track: receiver.tracks[index] as TrackReceiver }));
    // Packets come only after this turn of the event loop, so that nothing misses what is set here.
    const local = this.#connect(transport, offer);
    this.#answered = { transport, local, receiver, plan, offer, version: 1 };
    for (const candidate of this.#candidates.splice(0)) this.addRemoteCandidate(candidate);
    return this.#write(answer);
  }

  async renegotiate(offerSdp: string): Promise<string> {
    const before = this.#answered;
    if (!before || this.#ending) throw new GatewayError("NOT_ANSWERED");
    const offer = parseOffer(offerSdp);
    const answer = planAgain(
      offer,
      before.plan.map(({ received }) => received),
    );
    if (isSameTransport(offer.transport, before.offer.transport)) {
      this.#answered = { ...before, offer, version: before.version + 1 };
    } else if (offer.keepsDtls) {
      // Unanswered, the call goes on over the pair that it has.
      throw new GatewayError("TRANSPORT_FAILED", "this browser does not begin DTLS anew when ICE restarts");
    } else {
      // libjuice restarts no ICE: a new connection takes the old one's place, with DTLS and SRTP of its own.
      const transport = this.#transport(offer);
      const local = this.#connect(transport, offer);
      this.#answered = { ...before, transport, local, offer, version: before.version + 1 };
      this.#surroundings.log.info("ICE restarts");
    }
    return this.#write(answer);
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

  redirect(redirects: Redirects): void {
    const { to, rtcp } = byKind(redirects);
    this.#answered?.receiver.redirect(to, rtcp, this.#surroundings.now());
  }

  turn(redirects: Redirects, listeners: TurnListeners): void {
    if (this.#answered === undefined || this.#ending) listeners.abandoned();
    else this.#answered.receiver.turn({ ...byKind(redirects), ...listeners }, this.#surroundings.now());
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
    if (this.#answered !== undefined) {
      this.#closeAllBut();
      ticker.remove(this);
      bandwidth.leave(this);
      await this.#answered.receiver.finish(now, wait, !SENDER_WAS_GONE.has(reason));
    }
    this.#listeners.onEnded(reason);
  }

  #receive(packet: Buffer): void {
    try {
      this.#answered?.receiver.receive(packet, this.#surroundings.now());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A mistake of ours with one call must not end all the others: said once, and the call goes on. */
  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#surroundings.log.error({ err: error }, "receiver failed");
    this.#hasFailed = true;
  }

  #transport(offer: Offer): PeerTransport {
    const { port, bindAddress } = this.#surroundings;
    const transport: PeerTransport = new PeerTransport(
      offer.transport.iceUfrag,
      { port, bindAddress },
      {
        packet: (packet) => this.#receive(packet),
        connected: () => this.#connected(transport),
        gone: (reason) => {
          this.#transports.delete(transport);
          if (this.#transports.size === 0) void this.end(reason);
        },
      },
    );
    this.#transports.add(transport);
    return transport;
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
    const { offer, local, version } = this.#answered as Answered;
    const { addresses, port } = this.#surroundings;
    return writeAnswer(offer, answer, { ...local, addresses, port, version });
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
    for (const transport of this.#transports) {
      if (transport === kept) continue;
      this.#transports.delete(transport);
      transport.close();
    }
  }

  #receiver(received: readonly ReceivedMedia[], { redirects }: ReceiveOptions) {
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
