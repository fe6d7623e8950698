import { isDeepStrictEqual } from "node:util";
import type { ExtendedSequence } from "./arithmetic.ts";
import { SenderClock } from "./clock/senderClock.ts";
import { WallClock } from "./clock/wallClock.ts";
import type { HeldMemory } from "./heldMemory.ts";
import { keyframeTest } from "./keyframe.ts";
import { LayerChoice, type LayerSettings } from "./layers/layerChoice.ts";
import { pixelCount } from "./layers/pictureSize.ts";
import { emptyHeader, isRtcp, readHeader } from "./packet.ts";
import type { Address } from "./redirectSocket.ts";
import { RoundTrip } from "./roundTrip.ts";
import { readByes, writeBye } from "./rtcp/bye.ts";
import { type RtcpPacket, splitCompound } from "./rtcp/compound.ts";
import { readRoundTrip } from "./rtcp/extendedReport.ts";
import { SENDER_REPORT, SOURCE_DESCRIPTION } from "./rtcp/packetTypes.ts";
import type { ReportBlock } from "./rtcp/receiverReport.ts";
import { readSenderReport } from "./rtcp/senderReport.ts";
import type { SeamlessRedirect } from "./seamlessRedirect.ts";
import { type Feedback, type SenderClocks, TrackReceiver, type TrackSettings } from "./trackReceiver.ts";

/** How to recognise the packets of a track. */
export interface Route extends Pick<TrackSettings, "payloadType" | "repeatedSources"> {
  rtxPayloadType: number | undefined;
}

/** A negotiated track and where its packets are sent. */
export interface ReceivedTrack extends Omit<TrackSettings, "send" | "held">, Route {
  redirect: Address | undefined;
  /** The sender may send several simulcast layers, of which one is received. */
  layers?: LayerSettings | undefined;
}

/** Where the packets of a payload type go. */
interface Destination {
  track: TrackReceiver;
  /** Its packets are retransmissions. */
  repeats: boolean;
  layers: LayerChoice | undefined;
}

/** Where sender reports and the BYE of a track are sent. */
export type RtcpRedirects = Partial<Record<"audio" | "video", Address>>;

/** Sends packets to a redirect address. */
export interface Redirector {
  send(packet: Buffer, to: Address): void;
}

/** Sends RTCP feedback to the sender. */
export interface ReportSink {
  readonly ssrc: number;
  /** Returns the number of NACK packets sent. */
  nack(mediaSsrc: number, missing: readonly ExtendedSequence[]): number;
  keyframe(mediaSsrc: number): void;
  report(blocks: readonly ReportBlock[], nowMs: number): void;
}

const REPORT_INTERVAL_MS = 1_000;
/** Sent soon after the first sender report: the sender measures the round trip with it, to space retransmissions. */
const FIRST_REPORT_DELAY_MS = 50;
/**
 * ffmpeg reads RTCP before RTP, and takes a report that precedes the first packet as the start of time. The first
 * reports are therefore delayed until the first packet has arrived.
 */
const REPORT_AFTER_FIRST_PACKET_MS = 200;
/** How long `finish` waits for queued packets. */
const MAX_FLUSH_MS = 2_000;
/** How long a seamless redirect waits for a keyframe. */
const KEYFRAME_LIMIT_MS = 3_000;
/** A seamless redirect does not wait for video that has been silent for this long. */
const FLOWING_MS = 1_000;

export function newSenderClocks(): SenderClocks {
  return { wall: new WallClock(), clock: new SenderClock() };
}

/** Receives all tracks of one connection: routes packets to tracks, and assembles the feedback to the sender. */
export class ConnectionReceiver {
  readonly #tracks: TrackReceiver[] = [];
  readonly #socket: Redirector;
  readonly #sink: ReportSink;
  readonly #redirects: Partial<Record<"audio" | "video", Address>> = {};
  #rtcpRedirects: RtcpRedirects;
  /** Media of a kind is buffered until it is redirected. */
  readonly #isPaused: Partial<Record<"audio" | "video", boolean>> = {};
  /** Whether media had a destination before. */
  #wasRedirected = false;
  readonly #header = emptyHeader();
  readonly #roundTrip = new RoundTrip();
  readonly #sender: SenderClocks;
  readonly #held: HeldMemory | undefined;
  /** By payload type. */
  readonly #routes = new Array<Destination | undefined>(128).fill(undefined);
  readonly #layers = new Map<TrackReceiver, LayerChoice>();
  readonly #firstRedirectMs = new Map<TrackReceiver, number>();
  #pending: (SeamlessRedirect & { video: TrackReceiver; untilMs: number }) | undefined;
  #nextReportMs = 0;
  #lastPacketMs = Number.NEGATIVE_INFINITY;
  #heardReport = false;

  /**
   * @param sender shared by all receivers of a connection.
   * @param held memory of held media, of all calls; no limit by default.
   */
  constructor(
    tracks: readonly ReceivedTrack[],
    rtcpRedirects: RtcpRedirects,
    socket: Redirector,
    sink: ReportSink,
    sender: SenderClocks = newSenderClocks(),
    held?: HeldMemory,
  ) {
    this.#sender = sender;
    this.#held = held;
    this.#socket = socket;
    this.#sink = sink;
    this.#rtcpRedirects = rtcpRedirects;
    for (const settings of tracks) this.open(settings);
  }

  get tracks(): readonly TrackReceiver[] {
    return this.#tracks;
  }

  /** Adds a track. One that comes while media is buffered is buffered too. */
  open({ rtxPayloadType, redirect, layers, ...settings }: ReceivedTrack): TrackReceiver {
    const { kind } = settings;
    if (redirect) {
      this.#redirects[kind] = redirect;
      this.#wasRedirected = true;
    }
    const send = (packet: Buffer) => {
      const to = this.#redirects[kind];
      if (to) this.#socket.send(packet, to);
      else track.counters.packetsDropped++;
    };
    const feedback: Feedback = {
      nack: (mediaSsrc, missing) => {
        track.counters.nacksSent += this.#sink.nack(mediaSsrc, missing);
      },
      keyframe: (mediaSsrc) => this.#sink.keyframe(mediaSsrc),
    };
    const track = new TrackReceiver({ ...settings, held: this.#held, send }, feedback, this.#roundTrip);
    if (this.#isPaused[kind]) track.output.pause();
    this.#tracks.push(track);
    if (layers) this.#chooseLayers(layers, settings.codec, track);
    this.reroute(track, { rtxPayloadType, ...settings });
    return track;
  }

  /** Packets of a track come with other payload types or sources from now on, and may still come with the former ones. */
  reroute(track: TrackReceiver, { payloadType, rtxPayloadType, repeatedSources }: Route): void {
    track.repeatedSources = repeatedSources;
    const layers = this.#layers.get(track);
    this.#routes[payloadType] = { track, repeats: false, layers };
    if (rtxPayloadType !== undefined) this.#routes[rtxPayloadType] = { track, repeats: true, layers };
  }

  /** RTP or RTCP from the sender. Keeps and modifies the buffer. Never throws. */
  receive(packet: Buffer, nowMs: number): void {
    if (isRtcp(packet)) {
      this.#receiveRtcp(packet, nowMs);
      return;
    }
    const header = this.#header;
    if (!readHeader(packet, header)) return;
    const route = this.#routes[header.payloadType];
    if (route === undefined) return;
    this.#lastPacketMs = nowMs;
    const { layers } = route;
    if (route.repeats) {
      if (layers === undefined || layers.takesRepeated(packet, header))
        route.track.receiveRepeated(packet, header, nowMs);
    } else if (layers === undefined || layers.takes(packet, header, nowMs)) route.track.receive(packet, header, nowMs);
  }

  /** Sends the first report, so that senders learn the allowed bandwidth early. */
  start(nowMs: number): void {
    this.#report(nowMs);
  }

  tick(nowMs: number): void {
    for (const layers of this.#layers.values()) layers.tick(nowMs);
    for (const track of this.tracks) {
      track.tick(nowMs);
      if (track.output.ssrc !== undefined && !this.#firstRedirectMs.has(track)) this.#firstRedirectMs.set(track, nowMs);
    }
    if (this.#pending !== undefined && nowMs >= this.#pending.untilMs) this.#switchNow(this.#pending, true, nowMs);
    if (nowMs >= this.#nextReportMs) this.#report(nowMs);
  }

  /** The most unanswered keyframe requests of any track whose packets arrive. */
  get unansweredKeyframeRequests(): number {
    return Math.max(0, ...this.tracks.map((track) => track.unansweredKeyframeRequests));
  }

  requestKeyframe(kind: "audio" | "video"): void {
    for (const track of this.tracks) if (track.kind === kind) track.wantKeyframe();
  }

  /**
   * Sends everything to new addresses from now on, starting with the last seconds of what was already sent. Without
   * addresses, media is buffered until the next call. The previous addresses receive nothing more, not even BYE:
   * another program may already listen there.
   */
  redirect(to: Partial<Record<"audio" | "video", Address>>, rtcp: RtcpRedirects, nowMs: number): void {
    // A request that was sent again: the addresses must not get the last seconds twice.
    if ((to.audio || to.video) && isDeepStrictEqual(to, this.#redirects)) return;
    this.#abandonPending();
    this.#redirect(to, rtcp, nowMs);
  }

  /**
   * Sends everything to new addresses from the next keyframe on, which is requested; audio switches at the same moment.
   * No packet is lost or duplicated between the two destinations. The previous one receives one BYE for each track,
   * after its last packet.
   *
   * Does not wait for silent video. If no keyframe arrives in time, replays from the last one.
   */
  redirectSeamlessly(redirect: SeamlessRedirect, nowMs: number): void {
    this.#abandonPending();
    if (isDeepStrictEqual(redirect.to, this.#redirects)) {
      redirect.switching(); // no change
      return;
    }
    if (!this.#redirects.audio && !this.#redirects.video) {
      redirect.switching();
      this.#redirect(redirect.to, redirect.rtcp, nowMs); // paused: there is no current destination
      return;
    }
    const video = this.tracks.find(
      ({ kind, counters }) => kind === "video" && nowMs - (counters.lastPacketUnixMs ?? 0) < FLOWING_MS,
    );
    if (video === undefined) {
      this.#switchNow(redirect, false, nowMs);
      return;
    }
    const waiting = { ...redirect, video, untilMs: nowMs + KEYFRAME_LIMIT_MS };
    this.#pending = waiting;
    video.output.beforeKeyframe = () => this.#switchNow(waiting, false, video.nowMs);
    video.wantKeyframe();
  }

  #switchNow(redirect: SeamlessRedirect, isReplayed: boolean, nowMs: number): void {
    this.#clearPending();
    redirect.switching();
    for (const kind of ["audio", "video"] as const) {
      const [rtp, rtcp] = [this.#redirects[kind], this.#rtcpRedirects[kind]];
      const [track] = this.tracks.filter((one) => one.kind === kind);
      const previous = {
        send: (packet: Buffer) => rtp && this.#socket.send(packet, rtp),
        ended: () => rtcp && this.#socket.send(writeBye(track?.output.ssrc ?? this.#sink.ssrc), rtcp),
      };
      // Silence up to now belongs to the previous destination. Not into a replay: on a busy host, sound that arrived before
      // now may still be unread, and the next destination would get it after silence in its place.
      if (!isReplayed) track?.endInSilence(nowMs);
      if (track) track.output.switchDestination(previous, nowMs);
      else previous.ended();
      if (kind === "video" && track && nowMs - (track.counters.lastPacketUnixMs ?? 0) >= FLOWING_MS) track.output.gap();
    }
    if (isReplayed) {
      this.#redirect(redirect.to, redirect.rtcp, nowMs);
      return;
    }
    this.#setRedirects(redirect.to, redirect.rtcp);
  }

  #abandonPending(): void {
    const pending = this.#pending;
    this.#clearPending();
    pending?.abandoned();
  }

  #clearPending(): void {
    if (this.#pending) this.#pending.video.output.beforeKeyframe = undefined;
    this.#pending = undefined;
  }

  #setRedirects(to: Partial<Record<"audio" | "video", Address>>, rtcp: RtcpRedirects): void {
    this.#rtcpRedirects = rtcp;
    this.#firstRedirectMs.clear();
    for (const kind of ["video", "audio"] as const) {
      if (to[kind]) this.#redirects[kind] = to[kind];
      else delete this.#redirects[kind];
    }
  }

  #redirect(to: Partial<Record<"audio" | "video", Address>>, rtcp: RtcpRedirects, nowMs: number): void {
    // All that was held belongs to the first destination. For a later one, video must start with a keyframe, and audio
    // starts at the same time: the previous destination has what was before.
    const isFirst = !this.#wasRedirected;
    this.#setRedirects(to, rtcp);
    this.#wasRedirected ||= to.audio !== undefined || to.video !== undefined;
    let sinceMs: number | undefined;
    for (const kind of ["video", "audio"] as const) {
      this.#isPaused[kind] = to[kind] === undefined;
      for (const { output } of this.tracks.filter((track) => track.kind === kind)) {
        if (to[kind]) sinceMs = output.resume(isFirst ? undefined : sinceMs, nowMs) ?? sinceMs;
        else output.pause();
      }
    }
  }

  /** Whether media arrived within the last `withinMs` milliseconds. */
  isFlowing(withinMs: number, nowMs: number): boolean {
    return nowMs - this.#lastPacketMs <= withinMs;
  }

  /** Maps a track's timestamps to our clock; undefined until a packet was forwarded. */
  clockOf(track: TrackReceiver) {
    return track.clock(this.#sender.clock);
  }

  /**
   * Forwards all buffered packets, then ends each redirected track with one BYE.
   *
   * @param now our clock.
   * @param lastSeenMs when the sender was last known to be connected; undefined if unknown.
   */
  async finish(now: () => number, wait: (ms: number) => Promise<unknown>, lastSeenMs?: number): Promise<void> {
    this.#abandonPending();
    for (const layers of this.#layers.values()) layers.flush();
    for (const track of this.tracks) {
      track.flush();
      if (lastSeenMs !== undefined) track.endInSilence(lastSeenMs);
    }
    const deadlineMs = now() + MAX_FLUSH_MS;
    while (this.tracks.some(({ output }) => output.waiting > 0) && now() < deadlineMs) {
      for (const { output } of this.tracks) output.drain(now());
      await wait(5);
    }
    for (const track of this.tracks) {
      track.flush(); // what arrived meanwhile
      track.output.abandon();
    }
    for (const kind of ["audio", "video"] as const) {
      const redirect = this.#rtcpRedirects[kind];
      const track = this.tracks.find((one) => one.kind === kind);
      if (redirect) this.#socket.send(writeBye(track?.output.ssrc ?? this.#sink.ssrc), redirect);
    }
  }

  #chooseLayers(settings: LayerSettings, codec: string, track: TrackReceiver): void {
    const tests = { startsKeyframe: keyframeTest(codec), pixels: pixelCount(codec) };
    const choice = new LayerChoice(settings, tests, {
      released: (packet, header, arrivedMs) => track.receive(packet, header, arrivedMs),
      chosen: (ssrc, nowMs) => track.follow(ssrc, nowMs),
      keyframeWanted: (ssrc) => {
        track.counters.keyframeRequests++;
        this.#sink.keyframe(ssrc);
      },
    });
    this.#layers.set(track, choice);
  }

  #report(nowMs: number): void {
    this.#nextReportMs = nowMs + REPORT_INTERVAL_MS;
    this.#sink.report(
      this.tracks.flatMap((track) => track.reportBlock(nowMs) ?? []),
      nowMs,
    );
  }

  #receiveRtcp(compound: Buffer, nowMs: number): void {
    const packets = splitCompound(compound);
    for (const packet of packets) {
      const roundTripMs = readRoundTrip(packet, this.#sink.ssrc, nowMs);
      if (roundTripMs !== undefined) this.#roundTrip.echoed(roundTripMs);
      for (const ssrc of readByes(packet)) for (const track of this.tracks) track.receiveBye(ssrc, nowMs);
      const report = readSenderReport(packet);
      if (report === undefined) continue;
      const track = this.tracks.find((one) => one.receiveReport(report, this.#sender, nowMs));
      if (track === undefined) continue;
      if (!this.#heardReport) this.#nextReportMs = Math.min(this.#nextReportMs, nowMs + FIRST_REPORT_DELAY_MS);
      this.#heardReport = true;
      this.#forwardReports(track, packets, nowMs);
    }
  }

  /** Forwards reports and source descriptions, never BYE: the gateway decides when a recording ends. */
  #forwardReports(track: TrackReceiver, packets: readonly RtcpPacket[], nowMs: number): void {
    const redirect = this.#rtcpRedirects[track.kind];
    const firstMs = this.#firstRedirectMs.get(track);
    if (redirect === undefined || firstMs === undefined || nowMs - firstMs < REPORT_AFTER_FIRST_PACKET_MS) return;
    const forwarded = packets
      .filter(({ type }) => type === SENDER_REPORT || type === SOURCE_DESCRIPTION)
      .map((packet) => track.rewriteReport(packet));
    this.#socket.send(Buffer.concat(forwarded), redirect);
  }
}
