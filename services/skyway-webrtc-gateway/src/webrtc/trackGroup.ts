import { ConnectionReceiver, type Route } from "../rtp/connectionReceiver.ts";
import type { SenderClocks, TrackReceiver } from "../rtp/trackReceiver.ts";
import type { ReceivedMedia } from "./answerPlan.ts";
import { describeCodec } from "./codecDescription.ts";
import { acceptLayers } from "./layerChoice.ts";
import type { Kind, Redirects, SeamlessRedirectListeners, TrackReport } from "./mediaSession.ts";
import type { RtcpSender } from "./rtcpSender.ts";
import type { SessionResources } from "./sessionResources.ts";

/** Tracks that are recorded together, at most one of each kind, and where they are redirected. */
export class TrackGroup {
  readonly #received: { media: ReceivedMedia; track: TrackReceiver }[] = [];
  readonly #receiver: ConnectionReceiver;
  readonly #resources: SessionResources;
  #redirects: Redirects;

  /** @param sender shared by all groups of a call. */
  constructor(redirects: Redirects, rtcp: RtcpSender, sender: SenderClocks, resources: SessionResources) {
    this.#redirects = redirects;
    this.#resources = resources;
    this.#receiver = new ConnectionReceiver([], byKind(redirects).rtcp, resources.socket, rtcp, sender, resources.held);
  }

  /** Kinds that are received, or were. */
  get kinds(): Kind[] {
    return this.#received.map(({ media }) => media.kind);
  }

  /** The current media of each kind. */
  get media(): ReceivedMedia[] {
    return this.#received.map(({ media }) => media);
  }

  /** Whether there is something that a recording can start with. */
  get hasMedia(): boolean {
    return this.#received.some(({ track }) => track.output.newestStartMs !== undefined);
  }

  get redirects(): Redirects {
    return this.#redirects;
  }

  /** See `ConnectionReceiver.unansweredKeyframeRequests`. */
  get unansweredKeyframeRequests(): number {
    return this.#receiver.unansweredKeyframeRequests;
  }

  /**
   * Receives this media from now on: a track may come in another m-line than before, or for the first time. A track that
   * has stopped stays, because its recording continues.
   */
  take(media: ReceivedMedia): void {
    const known = this.#received.find((one) => one.media.kind === media.kind);
    if (known !== undefined) {
      known.media = media;
      this.#receiver.reroute(known.track, routeOf(media));
      return;
    }
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
  }

  /** Sends the first report. */
  start(nowMs: number): void {
    this.#receiver.start(nowMs);
  }

  /** The packet is kept and changed. */
  receive(packet: Buffer, nowMs: number): void {
    this.#receiver.receive(packet, nowMs);
  }

  tick(nowMs: number): void {
    this.#receiver.tick(nowMs);
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

  /** @param offered the codecs that are offered now of a kind; by default those of the track's m-line. */
  track(kind: Kind, offered?: TrackReport["offered"]): TrackReport | undefined {
    const one = this.#received.find(({ media }) => media.kind === kind);
    if (one === undefined) return undefined;
    const { media, track } = one;
    return {
      kind,
      offered: offered ?? media.media.codecs.map(describeCodec),
      negotiated: describeCodec(media.codec),
      clock: this.#receiver.clockOf(track) ?? null,
      counters: { ...track.counters },
    };
  }

  /**
   * Passes on buffered packets, then ends each redirected track with one BYE.
   *
   * @param wasThereMs when the sender was known to be there for the last time; undefined if unknown.
   */
  async finish(wait: (ms: number) => Promise<unknown>, wasThereMs: number | undefined): Promise<void> {
    await this.#receiver.finish(this.#resources.now, wait, wasThereMs);
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
