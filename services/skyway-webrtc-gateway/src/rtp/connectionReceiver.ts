import { isDeepStrictEqual } from "node:util";
import type { ExtendedSequence } from "./arithmetic.ts";
import { SenderClock } from "./clock/senderClock.ts";
import { emptyHeader, isRtcp, readHeader } from "./packet.ts";
import type { Address } from "./redirectSocket.ts";
import { RoundTrip } from "./roundTrip.ts";
import { writeBye } from "./rtcp/bye.ts";
import { type RtcpPacket, splitCompound } from "./rtcp/compound.ts";
import { readRoundTrip } from "./rtcp/extendedReport.ts";
import { SENDER_REPORT, SOURCE_DESCRIPTION } from "./rtcp/packetTypes.ts";
import type { ReportBlock } from "./rtcp/receiverReport.ts";
import { readSenderReport } from "./rtcp/senderReport.ts";
import { type Feedback, TrackReceiver, type TrackSettings } from "./trackReceiver.ts";
import type { Turn } from "./turn.ts";

/** A track of the answer and where it goes. */
export interface ReceivedTrack extends Omit<TrackSettings, "send"> {
  rtxPayloadType: number | undefined;
  redirect: Address | undefined;
}

/** Where reports about a track, and its end, are sent. */
export type RtcpRedirects = Partial<Record<"audio" | "video", Address>>;

/** Takes packets to where they are redirected. */
export interface Redirector {
  send(packet: Buffer, to: Address): void;
}

/** What goes back to the sender. */
export interface ReportSink {
  readonly ssrc: number;
  /** Returns how many packets it took. */
  nack(mediaSsrc: number, missing: readonly ExtendedSequence[]): number;
  keyframe(mediaSsrc: number): void;
  report(blocks: readonly ReportBlock[], nowMs: number): void;
}

const REPORT_INTERVAL_MS = 1_000;
/** The sender learns the round-trip time, by which it spaces repetitions, from a report that answers its first one. */
const FIRST_REPORT_DELAY_MS = 50;
/**
 * ffmpeg reads RTCP before RTP, and takes a report that it sees before the first packet for the beginning of time: the
 * first reports wait for the first packet to be well past.
 */
const REPORT_AFTER_FIRST_PACKET_MS = 200;
/** An end waits for packets in line no longer than this. */
const MAX_FLUSH_MS = 2_000;
/** A turn waits for a keyframe no longer than this. */
const KEYFRAME_LIMIT_MS = 3_000;
/** Video of which nothing came for so long is not waited for. */
const FLOWING_MS = 1_000;

/** Receives all tracks of one connection: takes apart what comes, and puts together what goes back. */
export class ConnectionReceiver {
  readonly tracks: readonly TrackReceiver[];
  readonly #socket: Redirector;
  readonly #sink: ReportSink;
  readonly #redirects: Partial<Record<"audio" | "video", Address>> = {};
  #rtcpRedirects: RtcpRedirects;
  readonly #header = emptyHeader();
  readonly #roundTrip = new RoundTrip();
  readonly #clock = new SenderClock();
  /** By payload type. */
  readonly #routes = new Array<{ track: TrackReceiver; repeats: boolean } | undefined>(128).fill(undefined);
  readonly #firstRedirectMs = new Map<TrackReceiver, number>();
  #turn: (Turn & { video: TrackReceiver; untilMs: number }) | undefined;
  #nextReportMs = 0;
  #lastPacketMs = Number.NEGATIVE_INFINITY;
  #heardReport = false;

  constructor(tracks: readonly ReceivedTrack[], rtcpRedirects: RtcpRedirects, socket: Redirector, sink: ReportSink) {
    this.#socket = socket;
    this.#sink = sink;
    this.#rtcpRedirects = rtcpRedirects;
    this.tracks = tracks.map((settings) => this.#open(settings));
  }

  /** RTP or RTCP as it came from the sender; kept and changed. Never throws. */
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
    if (route.repeats) route.track.receiveRepeated(packet, header, nowMs);
    else route.track.receive(packet, header, nowMs);
  }

  /** Sends the first report, with which senders learn early how much they may send. */
  start(nowMs: number): void {
    this.#report(nowMs);
  }

  tick(nowMs: number): void {
    for (const track of this.tracks) {
      track.tick(nowMs);
      if (track.output.ssrc !== undefined && !this.#firstRedirectMs.has(track)) this.#firstRedirectMs.set(track, nowMs);
    }
    if (this.#turn !== undefined && nowMs >= this.#turn.untilMs) this.#turnNow(this.#turn, true, nowMs);
    if (nowMs >= this.#nextReportMs) this.#report(nowMs);
  }

  /** How often any track was asked for a keyframe in vain, though its packets come. */
  get keyframesInVain(): number {
    return Math.max(0, ...this.tracks.map((track) => track.keyframesInVain));
  }

  requestKeyframe(kind: "audio" | "video"): void {
    for (const track of this.tracks) if (track.kind === kind) track.wantKeyframe();
  }

  /**
   * Sends everything somewhere else from now on, beginning with the last seconds of what was sent before; or nowhere,
   * until it is called again. Nothing more goes to the former addresses, no BYE either: there may be someone else
   * behind them already.
   */
  redirect(to: Partial<Record<"audio" | "video", Address>>, rtcp: RtcpRedirects, nowMs: number): void {
    this.#abandonTurn();
    this.#redirect(to, rtcp, nowMs);
  }

  /**
   * Sends everything somewhere else from the next keyframe on, which is asked for; sound goes along with it. Nothing is
   * missing between what is sent there and what was sent before, and nothing is there twice. Those before get one BYE
   * for each track, after the last packet for them.
   *
   * Video of which nothing comes is not waited for; one that sends no keyframe in time is begun with its last one, again.
   */
  turn(turn: Turn, nowMs: number): void {
    this.#abandonTurn();
    if (isDeepStrictEqual(turn.to, this.#redirects)) {
      turn.turning(); // it is there already, and stays there
      return;
    }
    if (!this.#redirects.audio && !this.#redirects.video) {
      turn.turning();
      this.#redirect(turn.to, turn.rtcp, nowMs); // it is held: nobody gets anything now
      return;
    }
    const video = this.tracks.find(
      ({ kind, counters }) => kind === "video" && nowMs - (counters.lastPacketUnixMs ?? 0) < FLOWING_MS,
    );
    if (video === undefined) {
      this.#turnNow(turn, false, nowMs);
      return;
    }
    const waiting = { ...turn, video, untilMs: nowMs + KEYFRAME_LIMIT_MS };
    this.#turn = waiting;
    video.output.beforeKeyframe = () => this.#turnNow(waiting, false, video.nowMs);
    video.wantKeyframe();
  }

  #turnNow(turn: Turn, isReplayed: boolean, nowMs: number): void {
    this.#forgetTurn();
    turn.turning();
    for (const kind of ["audio", "video"] as const) {
      const [rtp, rtcp] = [this.#redirects[kind], this.#rtcpRedirects[kind]];
      const [track] = this.tracks.filter((one) => one.kind === kind);
      const former = {
        send: (packet: Buffer) => rtp && this.#socket.send(packet, rtp),
        ended: () => rtcp && this.#socket.send(writeBye(track?.output.ssrc ?? this.#sink.ssrc), rtcp),
      };
      // What was silent until now was silent there.
      track?.endInSilence(nowMs);
      if (track) track.output.turn(former, nowMs);
      else former.ended();
      if (kind === "video" && track && nowMs - (track.counters.lastPacketUnixMs ?? 0) >= FLOWING_MS) track.output.gap();
    }
    if (isReplayed) {
      this.#redirect(turn.to, turn.rtcp, nowMs);
      return;
    }
    this.#setRedirects(turn.to, turn.rtcp);
  }

  #abandonTurn(): void {
    const turn = this.#turn;
    this.#forgetTurn();
    turn?.abandoned();
  }

  #forgetTurn(): void {
    if (this.#turn) this.#turn.video.output.beforeKeyframe = undefined;
    this.#turn = undefined;
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
    this.#setRedirects(to, rtcp);
    // Video can begin with a keyframe only; audio begins with it.
    let sinceMs: number | undefined;
    for (const kind of ["video", "audio"] as const) {
      for (const { output } of this.tracks.filter((track) => track.kind === kind)) {
        if (to[kind]) sinceMs = output.resume(sinceMs, nowMs) ?? sinceMs;
        else output.hold();
      }
    }
  }

  /** True if media came within the last so many milliseconds. */
  isFlowing(withinMs: number, nowMs: number): boolean {
    return nowMs - this.#lastPacketMs <= withinMs;
  }

  /** Where a track's timestamps lie on our clock; undefined until a packet was passed on. */
  clockOf(track: TrackReceiver) {
    return track.clock(this.#clock);
  }

  /**
   * Passes on everything that is held, then ends each redirected track with one BYE.
   *
   * @param now our clock.
   * @param wasThereMs until when the sender is known to have been there; undefined if nobody knows.
   */
  async finish(now: () => number, wait: (ms: number) => Promise<unknown>, wasThereMs?: number): Promise<void> {
    this.#abandonTurn();
    for (const track of this.tracks) {
      track.flush();
      if (wasThereMs !== undefined) track.endInSilence(wasThereMs);
    }
    const deadlineMs = now() + MAX_FLUSH_MS;
    while (this.tracks.some(({ output }) => output.waiting > 0) && now() < deadlineMs) {
      for (const { output } of this.tracks) output.drain(now());
      await wait(5);
    }
    for (const kind of ["audio", "video"] as const) {
      const redirect = this.#rtcpRedirects[kind];
      const track = this.tracks.find((one) => one.kind === kind);
      if (redirect) this.#socket.send(writeBye(track?.output.ssrc ?? this.#sink.ssrc), redirect);
    }
  }

  #open({ rtxPayloadType, redirect, ...settings }: ReceivedTrack): TrackReceiver {
    const { kind } = settings;
    if (redirect) this.#redirects[kind] = redirect;
    const send = (packet: Buffer) => {
      const to = this.#redirects[kind];
      if (to) this.#socket.send(packet, to);
    };
    const feedback: Feedback = {
      nack: (mediaSsrc, missing) => {
        track.counters.nacksSent += this.#sink.nack(mediaSsrc, missing);
      },
      keyframe: (mediaSsrc) => this.#sink.keyframe(mediaSsrc),
    };
    const track = new TrackReceiver({ ...settings, send }, feedback, this.#roundTrip);
    this.#routes[settings.payloadType] = { track, repeats: false };
    if (rtxPayloadType !== undefined) this.#routes[rtxPayloadType] = { track, repeats: true };
    return track;
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
      const report = readSenderReport(packet);
      if (report === undefined) continue;
      const track = this.tracks.find((one) => one.receiveReport(report, this.#clock, nowMs));
      if (track === undefined) continue;
      if (!this.#heardReport) this.#nextReportMs = Math.min(this.#nextReportMs, nowMs + FIRST_REPORT_DELAY_MS);
      this.#heardReport = true;
      this.#passOn(track, packets, nowMs);
    }
  }

  /** Reports and names, never a BYE: the recorder's end is ours to say. */
  #passOn(track: TrackReceiver, packets: readonly RtcpPacket[], nowMs: number): void {
    const redirect = this.#rtcpRedirects[track.kind];
    const firstMs = this.#firstRedirectMs.get(track);
    if (redirect === undefined || firstMs === undefined || nowMs - firstMs < REPORT_AFTER_FIRST_PACKET_MS) return;
    const passed = packets
      .filter(({ type }) => type === SENDER_REPORT || type === SOURCE_DESCRIPTION)
      .map((packet) => track.agreeing(packet));
    this.#socket.send(Buffer.concat(passed), redirect);
  }
}
