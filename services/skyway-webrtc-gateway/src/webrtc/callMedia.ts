import { ConnectionReceiver, type Route } from "../rtp/connectionReceiver.ts";
import { noCounts } from "../rtp/counters.ts";
import { ConnectionSender, type SenderCallbacks } from "../rtp/send/connectionSender.ts";
import type { TrackReceiver } from "../rtp/trackReceiver.ts";
import type { AnsweredMedia, ReceivedMedia } from "./answerPlan.ts";
import { describeCodec, describeKinds } from "./codecDescription.ts";
import { acceptLayers } from "./layerChoice.ts";
import type { Kind, Redirects, SeamlessRedirectListeners, TrackReport } from "./mediaSession.ts";
import type { Offer } from "./offer.ts";
import { type RtcpAbilities, RtcpSender } from "./rtcpSender.ts";
import { CNAME } from "./sentSource.ts";
import type { SessionResources } from "./sessionResources.ts";

type Wire = Pick<SenderCallbacks, "toPeer" | "onLosses">;

/** The media of an answered call: what is received and redirected, and what programs send. */
export class CallMedia {
  readonly #received: { media: ReceivedMedia; track: TrackReceiver }[] = [];
  readonly #receiver: ConnectionReceiver;
  readonly #rtcp: RtcpSender;
  readonly #sender: ConnectionSender;
  readonly #resources: SessionResources;
  #redirects: Redirects;

  /**
   * @param agreed the media of the first agreement.
   * @param wire `toPeer` returns false if no transport is open; `onLosses`: see `MediaSessionListeners`.
   */
  constructor(agreed: readonly AnsweredMedia[], redirects: Redirects, wire: Wire, resources: SessionResources) {
    this.#resources = resources;
    this.#redirects = redirects;
    const { bandwidth, socket } = resources;
    this.#rtcp = new RtcpSender(() => bandwidth.bitsPerSecond(this.#videoKbps), wire.toPeer);
    this.#receiver = new ConnectionReceiver([], byKind(redirects).rtcp, socket, this.#rtcp);
    for (const media of agreed) if (media.state === "received") this.#open(media);
    this.#sender = this.#createSender(agreed, wire);
  }

  /** Kinds that are received, or were. */
  get kinds(): Kind[] {
    return this.#received.map(({ media }) => media.kind);
  }

  /** See `ConnectionReceiver.unansweredKeyframeRequests`. */
  get unansweredKeyframeRequests(): number {
    return this.#receiver.unansweredKeyframeRequests;
  }

  /**
   * Receives other media from now on: a track may come in another m-line than before, or come for the first time. A track
   * that has stopped stays, because its recording continues.
   */
  renegotiated(agreed: readonly AnsweredMedia[]): void {
    for (const media of agreed) {
      if (media.state !== "received") continue;
      const known = this.#received.find((one) => one.media.kind === media.kind);
      if (known === undefined) this.#open(media);
      else {
        known.media = media;
        this.#receiver.reroute(known.track, routeOf(media));
      }
    }
    this.#rtcp.abilities = this.#abilities();
  }

  /** Sends the first report: packets may be sent now. */
  start(nowMs: number): void {
    this.#receiver.start(nowMs);
  }

  /** The packet is kept and changed. */
  receive(packet: Buffer, kind: "media" | "rtcp", nowMs: number): void {
    if (kind === "rtcp") this.#sender.receiveRtcp(packet, nowMs);
    this.#receiver.receive(packet, nowMs);
  }

  tick(nowMs: number): void {
    this.#receiver.tick(nowMs);
    this.#sender.tick(nowMs);
  }

  send(kind: Kind, datagram: Buffer, nowMs: number): void {
    this.#sender.send(kind, datagram, nowMs);
  }

  sendRtcp(kind: Kind, datagram: Buffer, nowMs: number): void {
    this.#sender.sendRtcp(kind, datagram, nowMs);
  }

  requestKeyframe(kind: Kind): void {
    this.#receiver.requestKeyframe(kind);
  }

  redirect(redirects: Redirects, nowMs: number): void {
    const { to, rtcp } = byKind(redirects);
    this.#redirects = redirects;
    this.#receiver.redirect(to, rtcp, nowMs);
  }

  redirectAtKeyframe(redirects: Redirects, listeners: SeamlessRedirectListeners, nowMs: number): void {
    this.#redirects = redirects;
    this.#receiver.redirectSeamlessly({ ...byKind(redirects), ...listeners }, nowMs);
  }

  isFlowing(withinMs: number, nowMs: number): boolean {
    return this.#receiver.isFlowing(withinMs, nowMs);
  }

  /** @param offer the peer's latest. */
  tracks(offer: Offer): TrackReport[] {
    const offeredNow = describeKinds(offer);
    return (["audio", "video"] as const).flatMap((kind): TrackReport[] => {
      const one = this.#received.find(({ media }) => media.kind === kind);
      // A track that is no longer sent was recorded until then.
      const offered =
        offeredNow.find((track) => track.kind === kind)?.offered ?? one?.media.media.codecs.map(describeCodec);
      if (offered === undefined) return [];
      if (one === undefined) return [{ kind, offered, negotiated: null, clock: null, counters: noCounts() }];
      const clock = this.#receiver.clockOf(one.track) ?? null;
      const counters = { ...one.track.counters };
      return [{ kind, offered, negotiated: describeCodec(one.media.codec), clock, counters }];
    });
  }

  /**
   * Passes on buffered packets, then ends each redirected track with one BYE.
   *
   * @param wasThereMs when the sender was known to be there for the last time; undefined if unknown.
   */
  async finish(wait: (ms: number) => Promise<unknown>, wasThereMs: number | undefined): Promise<void> {
    this.#sender.finish();
    await this.#receiver.finish(this.#resources.now, wait, wasThereMs);
  }

  #createSender(agreed: readonly AnsweredMedia[], wire: Wire): ConnectionSender {
    const tracks = agreed.flatMap((one) => {
      if (one.state === "data" || one.state === "rejected" || one.sent === undefined) return [];
      const { payloadType, samplingRate } = one.codec;
      const kind = one.media.type === "video" ? "video" : "audio";
      return [{ kind, ssrc: one.sent.ssrc, payloadType, clockRate: samplingRate } as const];
    });
    return new ConnectionSender(tracks, CNAME, {
      ...wire,
      toProgram: (kind, packet) => {
        const redirect = kind === "video" ? this.#redirects.videoRtcp : this.#redirects.audioRtcp;
        if (redirect) this.#resources.socket.send(packet, redirect);
      },
      onKeyframeWanted: (kind) => this.requestKeyframe(kind),
    });
  }

  #open(media: ReceivedMedia): void {
    const { kind, codec, redirectPayloadType, bandwidthKbps } = media;
    const track = this.#receiver.open({
      kind,
      codec: codec.codec,
      fmtp: codec.fmtp,
      clockRate: codec.samplingRate,
      ...routeOf(media),
      redirectPayloadType,
      redirect: this.#redirects[kind],
      layers: acceptLayers(media.media, codec, bandwidthKbps > 0).choice,
    });
    this.#received.push({ media, track });
    this.#rtcp.abilities = this.#abilities();
  }

  get #videoKbps(): number {
    return this.#received.find(({ media }) => media.kind === "video")?.media.bandwidthKbps ?? 0;
  }

  /** The feedback that the peer understands. */
  #abilities(): RtcpAbilities {
    const received = this.#received.map(({ media }) => media);
    const feedback = received.flatMap(({ kind, codec }) => (kind === "video" ? codec.feedback : []));
    return {
      pli: feedback.includes("nack pli"),
      fir: feedback.includes("ccm fir"),
      remb: feedback.includes("goog-remb"),
      reducedSize: received.every(({ media }) => media.allowsReducedSizeRtcp),
    };
  }
}

function routeOf({ media, codec }: ReceivedMedia): Route {
  const { payloadType, rtxPayloadType } = codec;
  return { payloadType, rtxPayloadType, repeatedSources: media.repeatedSources };
}

function byKind({ audio, video, audioRtcp, videoRtcp }: Redirects) {
  return {
    to: { ...(audio && { audio }), ...(video && { video }) },
    rtcp: { ...(audioRtcp && { audio: audioRtcp }), ...(videoRtcp && { video: videoRtcp }) },
  };
}
