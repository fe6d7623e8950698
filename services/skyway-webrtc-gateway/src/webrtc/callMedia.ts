import { newSenderClocks } from "../rtp/connectionReceiver.ts";
import { noCounts } from "../rtp/counters.ts";
import { readUint32 } from "../rtp/packet.ts";
import { ConnectionSender, type SenderCallbacks } from "../rtp/send/connectionSender.ts";
import { AdditionalTracks } from "./additionalTracks.ts";
import type { AnsweredMedia } from "./answerPlan.ts";
import { describeKinds } from "./codecDescription.ts";
import type {
  AdditionalMedia,
  EndReason,
  Kind,
  Redirects,
  SeamlessRedirectListeners,
  TrackReport,
} from "./mediaSession.ts";
import type { Offer } from "./offer.ts";
import { type RtcpAbilities, RtcpSender } from "./rtcpSender.ts";
import { CNAME } from "./sentSource.ts";
import type { SessionResources } from "./sessionResources.ts";
import { TrackGroup } from "./trackGroup.ts";

const SSRC_OFFSET = 8;
const HEADER_BYTES = 12;

interface Wire extends Pick<SenderCallbacks, "toPeer" | "onLosses"> {
  onAdditional(media: AdditionalMedia): void;
}

/** The media of an answered call: what is received and redirected, and what programs send. */
export class CallMedia {
  readonly #main: TrackGroup;
  readonly #additional: AdditionalTracks[] = [];
  /** Where packets of additional tracks belong. A track that was removed keeps its sources: what still comes is dropped. */
  readonly #sources = new Map<number, AdditionalTracks>();
  readonly #clocks = newSenderClocks();
  readonly #rtcp: RtcpSender;
  readonly #sender: ConnectionSender;
  readonly #resources: SessionResources;
  readonly #wire: Wire;

  /**
   * @param agreed the media of the first agreement.
   * @param wire `toPeer` returns false if no transport is open; `onLosses` and `onAdditional`: see `MediaSessionListeners`.
   */
  constructor(agreed: readonly AnsweredMedia[], redirects: Redirects, wire: Wire, resources: SessionResources) {
    this.#resources = resources;
    this.#wire = wire;
    this.#rtcp = new RtcpSender(() => resources.bandwidth.bitsPerSecond(this.#videoKbps), wire.toPeer);
    this.#main = new TrackGroup(redirects, this.#rtcp, this.#clocks, resources);
    this.renegotiated(agreed);
    this.#sender = this.#createSender(agreed, wire);
  }

  /** Kinds that are received, or were. */
  get kinds(): Kind[] {
    return this.#main.kinds;
  }

  /** See `ConnectionReceiver.unansweredKeyframeRequests`. */
  get unansweredKeyframeRequests(): number {
    return this.#main.unansweredKeyframeRequests;
  }

  /** Receives other media from now on. Additional tracks end when no m-line sends them any more. */
  renegotiated(agreed: readonly AnsweredMedia[]): void {
    const received = agreed.filter((one) => one.state === "received");
    for (const media of received) {
      if (media.isAdditional) continue;
      this.#main.take(media);
      for (const ssrc of media.media.sources) this.#sources.delete(ssrc);
    }
    const further = received.filter(({ isAdditional }) => isAdditional);
    const mids = new Set(further.map(({ media }) => media.mid));
    for (const one of this.#additional) one.mids = one.mids.filter((mid) => mids.has(mid));
    for (const media of further) {
      const running = this.#additional.filter(({ isOver }) => !isOver);
      const { mid } = media.media;
      const tracks =
        running.find((one) => one.mids.includes(mid)) ??
        running.find((one) => one.hasRoomFor(media.kind)) ??
        this.#addGroup();
      tracks.take(media);
      for (const ssrc of media.media.sources) this.#sources.set(ssrc, tracks);
    }
    for (const one of this.#additional) {
      if (one.mids.length === 0 && !one.isOver) void one.end("track_removed", this.#resources.now());
    }
    this.#rtcp.abilities = this.#abilities();
  }

  #addGroup(): AdditionalTracks {
    const group = new TrackGroup({}, this.#rtcp, this.#clocks, this.#resources);
    const added = new AdditionalTracks(group, this.#resources.now);
    this.#additional.push(added);
    return added;
  }

  /** Sends the first report: packets may be sent now. */
  start(nowMs: number): void {
    this.#main.start(nowMs);
  }

  /** The packet is kept and changed. */
  receive(packet: Buffer, kind: "media" | "rtcp", nowMs: number): void {
    if (kind === "rtcp") {
      this.#sender.receiveRtcp(packet, nowMs);
      for (const { group, isOver } of this.#additional) if (!isOver) group.receive(packet, nowMs);
      this.#main.receive(packet, nowMs);
      return;
    }
    const additional =
      this.#sources.size > 0 && packet.length >= HEADER_BYTES
        ? this.#sources.get(readUint32(packet, SSRC_OFFSET))
        : undefined;
    if (additional === undefined) this.#main.receive(packet, nowMs);
    else if (!additional.isOver) additional.group.receive(packet, nowMs);
  }

  tick(nowMs: number): void {
    this.#main.tick(nowMs);
    for (const one of this.#additional) {
      if (one.isOver) continue;
      one.group.tick(nowMs);
      if (one.isAnnounced || !one.group.hasMedia) continue;
      one.isAnnounced = true;
      this.#wire.onAdditional(one);
    }
    this.#sender.tick(nowMs);
  }

  send(kind: Kind, datagram: Buffer, nowMs: number): void {
    this.#sender.send(kind, datagram, nowMs);
  }

  sendRtcp(kind: Kind, datagram: Buffer, nowMs: number): void {
    this.#sender.sendRtcp(kind, datagram, nowMs);
  }

  requestKeyframe(kind: Kind): void {
    this.#main.requestKeyframe(kind);
  }

  redirect(redirects: Redirects, nowMs: number): void {
    this.#main.redirect(redirects, nowMs);
  }

  redirectAtKeyframe(redirects: Redirects, listeners: SeamlessRedirectListeners, nowMs: number): void {
    this.#main.redirectAtKeyframe(redirects, listeners, nowMs);
  }

  isFlowing(withinMs: number, nowMs: number): boolean {
    return [this.#main, ...this.#additional.map(({ group }) => group)].some((one) => one.isFlowing(withinMs, nowMs));
  }

  /** @param offer the peer's latest. */
  tracks(offer: Offer): TrackReport[] {
    const offeredNow = describeKinds(offer);
    return (["audio", "video"] as const).flatMap((kind): TrackReport[] => {
      // A track that is no longer sent was recorded until then.
      const offered = offeredNow.find((track) => track.kind === kind)?.offered;
      const track = this.#main.track(kind, offered);
      if (track !== undefined) return [track];
      return offered ? [{ kind, offered, negotiated: null, clock: null, counters: noCounts() }] : [];
    });
  }

  /**
   * Ends the additional tracks, each when its own packets are passed on.
   *
   * @param wasThereMs as for `finish`.
   */
  endAdditional(reason: EndReason, wasThereMs: number | undefined): void {
    for (const one of this.#additional) void one.end(reason, wasThereMs);
  }

  /**
   * Passes on buffered packets, then ends each redirected track with one BYE.
   *
   * @param wasThereMs when the sender was known to be there for the last time; undefined if unknown.
   */
  async finish(wait: (ms: number) => Promise<unknown>, wasThereMs: number | undefined): Promise<void> {
    this.#sender.finish();
    await this.#main.finish(wait, wasThereMs);
  }

  #createSender(agreed: readonly AnsweredMedia[], wire: Wire): ConnectionSender {
    const tracks = agreed.flatMap((one) => {
      if (one.state === "data" || one.state === "rejected" || one.sent === undefined) return [];
      const { payloadType, samplingRate } = one.codec;
      const kind = one.media.type === "video" ? "video" : "audio";
      return [{ kind, ssrc: one.sent.ssrc, payloadType, clockRate: samplingRate } as const];
    });
    return new ConnectionSender(tracks, CNAME, {
      toPeer: wire.toPeer,
      onLosses: wire.onLosses,
      toProgram: (kind, packet) => {
        const { videoRtcp, audioRtcp } = this.#main.redirects;
        const redirect = kind === "video" ? videoRtcp : audioRtcp;
        if (redirect) this.#resources.socket.send(packet, redirect);
      },
      onKeyframeWanted: (kind) => this.requestKeyframe(kind),
    });
  }

  get #videoKbps(): number {
    return this.#main.media.find(({ kind }) => kind === "video")?.bandwidthKbps ?? 0;
  }

  /** The feedback that the peer understands. */
  #abilities(): RtcpAbilities {
    const received = [this.#main, ...this.#additional.map(({ group }) => group)].flatMap(({ media }) => media);
    const feedback = received.flatMap(({ kind, codec }) => (kind === "video" ? codec.feedback : []));
    return {
      pli: feedback.includes("nack pli"),
      fir: feedback.includes("ccm fir"),
      remb: feedback.includes("goog-remb"),
      reducedSize: received.every(({ media }) => media.allowsReducedSizeRtcp),
    };
  }
}
