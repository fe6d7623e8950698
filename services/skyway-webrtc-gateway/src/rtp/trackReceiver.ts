import {
  type ExtendedSequence,
  type ExtendedTimestamp,
  extendTimestamp,
  firstExtendedTimestamp,
  type RtpTimestamp,
  timestampAfter,
  toTimestamp,
} from "./arithmetic.ts";
import { AHEAD_MS } from "./arrivalBound.ts";
import { MediaClock } from "./clock/mediaClock.ts";
import type { SenderClock } from "./clock/senderClock.ts";
import type { WallClock } from "./clock/wallClock.ts";
import { noCounts, type TrackCounters } from "./counters.ts";
import { H264Frame, startsH264Picture } from "./h264Frame.ts";
import type { HeldMemory } from "./heldMemory.ts";
import { type KeyframeTest, keyframeTest } from "./keyframe.ts";
import { KeyframeRequests } from "./keyframeRequests.ts";
import { NextSource, SILENT_SOURCE_MS } from "./nextSource.ts";
import { emptyHeader, type RtpHeader, readHeader } from "./packet.ts";
import { ParameterSets } from "./parameterSets.ts";
import type { RoundTrip } from "./roundTrip.ts";
import type { RtcpPacket } from "./rtcp/compound.ts";
import type { ReportBlock } from "./rtcp/receiverReport.ts";
import { readSenderReport, rewriteSenderReport, type SenderReport } from "./rtcp/senderReport.ts";
import { unwrapRtx } from "./rtx.ts";
import { silenceCodec } from "./silence.ts";
import { StreamReceiver } from "./streamReceiver.ts";
import { AUDIO_LIMITS, Timeline, VIDEO_LIMITS } from "./timeline.ts";
import { TrackOutput } from "./trackOutput.ts";
import { Vp9Picture } from "./vp9Picture.ts";

/**
 * Receives one track: requests lost packets, restores the order, and forwards it.
 *
 * Budget: 4 µs per packet from here to the socket; measured by `receiver.bench.ts`.
 */
export interface TrackSettings {
  kind: "audio" | "video";
  /** SDP name. */
  codec: string;
  /** The format parameters in the sender's SDP; "" by default. */
  fmtp?: string | undefined;
  clockRate: number;
  /** As negotiated. */
  payloadType: number;
  /** Requested by the program that receives the redirect, if different. */
  redirectPayloadType: number | undefined;
  /** Of the first m-line that the track comes in. */
  repeatedSources: ReadonlyMap<number, number>;
  /** Memory of held media, of all calls; no limit by default. */
  held?: HeldMemory | undefined;
  /** Sends a packet to the redirect address. */
  send(packet: Buffer): void;
}

/** Feedback from the track to its sender. */
export interface Feedback {
  /** `missing` is in ascending order, and only valid during the call. */
  nack(mediaSsrc: number, missing: readonly ExtendedSequence[]): void;
  keyframe(mediaSsrc: number): void;
}

/** Maps the track's timestamps to the gateway's clock. */
export interface TrackClock {
  firstRtpTimestamp: number;
  firstUnixMs: number;
  /** Gateway seconds per second of timestamps. */
  rate: number;
  source: "arrival" | "sender_report";
}

/** What is known of the sender's clock; shared by the tracks of a connection. */
export interface SenderClocks {
  wall: WallClock;
  clock: SenderClock;
}

/** A gap of this age may be permanent: requesting a keyframe now limits the loss after it. */
const OLD_GAP_MS = 1_000;
/** A recorder that takes over starts at a keyframe, and players seek to keyframes. */
const MAX_KEYFRAME_AGE_MS = 8_000;
/** A gap after this silence is an outage: the sender cannot retransmit what it sent during the outage. */
const OUTAGE_MS = 800;
/** Packets may arrive this much after a BYE that was sent after them. Nothing is lost in this time: packets are kept. */
const LATE_AFTER_BYE_MS = 100;
/** A longer pause is filled while it lasts. A shorter one may be an outage, after which the connection ends. */
const LONG_PAUSE_MS = 60_000;
/** More than the drift of a sender's clock in three days, and than packets are held back. */
const PAUSE_MARGIN_MS = 30_000;
/** A shorter silence before the end may only be packets in transit. */
const SHORTEST_LAST_SILENCE_MS = 200;
/** Over a longer time, the drift of the sender's clock would show in the least transit. */
const TRANSIT_WINDOW_MS = 60_000;
/** A packet is forwarded at most this long after its time: silence is made up to a minute and a half later. */
const LONGEST_DELAY_MS = 120_000;
/** A larger difference between reports and arrivals is an error of the reports. */
const BELIEVED_MS = 1_000;
/** Clocks of computers and sound cards differ by less. */
const MAX_RATE_ERROR = 1e-3;

export class TrackReceiver {
  readonly kind: "audio" | "video";
  readonly counters: TrackCounters = noCounts();
  /** The original SSRC for each retransmission SSRC, as far as the SDP states it (RFC 5576, FID). */
  repeatedSources: ReadonlyMap<number, number>;
  readonly #settings: TrackSettings;
  readonly #feedback: Feedback;
  readonly #roundTrip: RoundTrip;
  readonly #startsKeyframe: KeyframeTest | undefined;
  readonly #h264: H264Frame | undefined;
  readonly #output: TrackOutput;
  readonly #keyframes = new KeyframeRequests();
  readonly #clock: MediaClock;
  readonly #timeline: Timeline;
  readonly #wanted: ExtendedSequence[] = [];
  /** Of kept packets. */
  readonly #header = emptyHeader();
  readonly #next = new NextSource((packets) => {
    this.counters.packetsDropped += packets;
  });
  #stream: StreamReceiver | undefined;
  /** When the newest packet of the current source arrived that is not a retransmission. */
  #currentMs = Number.NEGATIVE_INFINITY;
  /** When the current source announced its end. */
  #byeMs: number | undefined;
  #receivedTimestamp: ExtendedTimestamp = 0;
  #receivedMs = Number.POSITIVE_INFINITY;
  #leastTransitMs = Number.POSITIVE_INFINITY;
  #lowestTransitMs = Number.NEGATIVE_INFINITY;
  #transitUntilMs = Number.POSITIVE_INFINITY;
  #nowMs = 0;

  constructor(settings: TrackSettings, feedback: Feedback, roundTrip: RoundTrip) {
    this.kind = settings.kind;
    this.repeatedSources = settings.repeatedSources;
    this.#settings = settings;
    this.#feedback = feedback;
    this.#roundTrip = roundTrip;
    this.#startsKeyframe = settings.kind === "video" ? keyframeTest(settings.codec) : undefined;
    this.#h264 = settings.codec.toUpperCase() === "H264" ? new H264Frame(new ParameterSets(settings.fmtp)) : undefined;
    this.#clock = new MediaClock(settings.clockRate);
    this.#timeline = new Timeline(settings.clockRate, settings.kind === "audio" ? AUDIO_LIMITS : VIDEO_LIMITS);
    this.#output = new TrackOutput(
      {
        startsKeyframe: this.#startsKeyframe,
        h264: this.#h264,
        vp9: settings.codec.toUpperCase() === "VP9" ? new Vp9Picture() : undefined,
        payloadType: settings.redirectPayloadType ?? settings.payloadType,
        silence: settings.kind === "audio" ? silenceCodec(settings.codec) : undefined,
        clockRate: settings.clockRate,
        held: settings.held,
        send: settings.send,
      },
      this.counters,
    );
  }

  /** SSRC of the current source; undefined before the first packet. */
  get ssrc(): number | undefined {
    return this.#stream?.ssrc;
  }

  /** Time of the last packet or tick. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get output(): TrackOutput {
    return this.#output;
  }

  /** Unanswered keyframe requests while packets arrive. */
  get unansweredKeyframeRequests(): number {
    return this.#isFlowing(this.#nowMs) ? this.#keyframes.unanswered : 0;
  }

  /** A packet with the track's own payload type. */
  receive(packet: Buffer, header: RtpHeader, nowMs: number): void {
    if (this.#stream !== undefined && header.ssrc !== this.#stream.ssrc) this.#keepNext(packet, header, nowMs);
    else this.#accept(packet, header, false, nowMs);
  }

  /** The source announced its end (RFC 3550, section 6.6): another one may replace it without further proof. */
  receiveBye(ssrc: number, nowMs: number): void {
    if (this.#stream?.ssrc !== ssrc) return;
    this.#byeMs = nowMs;
    this.#perhapsChangeSource(nowMs);
  }

  /** A packet with the payload type of the track's retransmissions. */
  receiveRepeated(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const current = this.#stream?.ssrc;
    const ssrc = this.repeatedSources.get(header.ssrc) ?? current;
    if (ssrc === undefined || ssrc !== current) {
      if (header.payloadEnd > header.payloadStart) this.#drop();
      return;
    }
    const original = unwrapRtx(packet, header, { payloadType: this.#settings.payloadType, ssrc });
    if (original === undefined || !readHeader(original, header)) return;
    this.#accept(original, header, true, nowMs);
  }

  /** True if the report is about the current source. */
  receiveReport(report: SenderReport, sender: SenderClocks, nowMs: number): boolean {
    if (this.#stream === undefined || report.ssrc !== this.#stream.ssrc) return false;
    this.counters.lastReportUnixMs = nowMs;
    this.#stream.statistics.countReport(report, nowMs);
    const senderMs = sender.wall.read(report.ntpMs, nowMs, this.#timeline.networkChangeMs);
    if (senderMs === undefined) return true;
    sender.clock.observe(senderMs, nowMs);
    const timestamp = this.#extend(report.rtpTimestamp, nowMs);
    this.#timeline.reported(timestamp, senderMs, this.#clock.line());
    this.#clock.observe(timestamp + this.#timeline.offset, senderMs);
    return true;
  }

  /** The report to forward: with the SSRC and timestamp offset of the forwarded packets. */
  rewriteReport({ type, bytes }: RtcpPacket): Buffer {
    const report = readSenderReport({ type, count: 0, bytes });
    const ssrc = this.#output.ssrc ?? report?.ssrc;
    if (report === undefined || ssrc === undefined) return bytes;
    if (this.#timeline.offset === 0 && ssrc === report.ssrc) return bytes;
    const rewritten = Buffer.from(bytes);
    rewriteSenderReport(rewritten, ssrc, toTimestamp(report.rtpTimestamp + this.#timeline.offset));
    return rewritten;
  }

  /** The report block for the source; undefined before its first packet. */
  reportBlock(nowMs: number): ReportBlock | undefined {
    return this.#stream?.statistics.nextBlock(nowMs);
  }

  /** Continues with another source of the same picture, such as another simulcast layer, from its next packet on. */
  follow(ssrc: number, nowMs: number): void {
    if (this.#stream === undefined || this.#stream.ssrc === ssrc) return;
    this.#nowMs = nowMs;
    this.#stream.flush();
    this.#timeline.changeSource();
    this.#output.changeSource();
    this.#byeMs = undefined;
    this.#currentMs = nowMs;
    this.#open(ssrc);
  }

  /** Requests a keyframe for another reason than loss. */
  wantKeyframe(): void {
    this.#keyframes.want();
  }

  /** Runs everything that depends on time. Call it about every 10 ms. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#next.forget(nowMs);
    this.#perhapsChangeSource(nowMs);
    const stream = this.#stream;
    if (stream !== undefined) {
      this.#timeline.tick(nowMs);
      stream.holdFrom = this.#timeline.holdFrom;
      stream.tick(nowMs, this.#roundTrip.ms, this.#wanted);
      if (this.#wanted.length > 0) {
        this.#feedback.nack(stream.ssrc, this.#wanted);
        this.#wanted.length = 0;
      }
      if (this.#startsKeyframe !== undefined) this.#requestKeyframe(stream, nowMs);
    }
    this.#fillPause(nowMs);
    this.#output.drain(nowMs);
  }

  /** Releases all buffered packets, with gaps. Some may still be queued: see `output.waiting`. */
  flush(): void {
    // There is no more time to find out whether the old source is gone: it is, if only the other one sent at the end.
    if (this.#next.isLastToSend(this.#currentMs)) this.#changeSource(this.#nowMs);
    this.#stream?.flush();
    this.#output.endStart(this.#nowMs);
  }

  /** Adds silence up to the end, so that a call that ended without sound is recorded in full length. */
  endInSilence(nowMs: number): void {
    const silentMs = nowMs - (this.counters.lastPacketUnixMs ?? nowMs);
    if (silentMs > SHORTEST_LAST_SILENCE_MS) this.#output.endInSilence(silentMs, nowMs);
  }

  /** Undefined until a packet was forwarded. Bounded by the arrival of packets, whatever the sender reports. */
  clock(shared: SenderClock): TrackClock | undefined {
    const first = this.#output.firstTimestamp;
    if (first === undefined) return undefined;
    const { firstMs } = this.#output;
    const firstRtpTimestamp = first % 2 ** 32;
    const byTransitMs = (first / this.#settings.clockRate) * 1000 + this.#leastTransitMs;
    const arrivalMs = Math.min(firstMs, Math.max(firstMs - LONGEST_DELAY_MS, byTransitMs));
    const line = this.#clock.line();
    const mapping = shared.mapping();
    if (line !== undefined && mapping !== undefined) {
      const firstUnixMs = mapping.toGatewayMs(line.toSenderMs(first));
      const rate = line.rate * mapping.rate;
      const isBelieved = Math.abs(firstUnixMs - arrivalMs) < BELIEVED_MS && Math.abs(rate - 1) < MAX_RATE_ERROR;
      if (isBelieved) return { firstRtpTimestamp, firstUnixMs, rate, source: "sender_report" };
    }
    return { firstRtpTimestamp, firstUnixMs: arrivalMs, rate: 1, source: "arrival" };
  }

  #accept(packet: Buffer, header: RtpHeader, repeated: boolean, nowMs: number): void {
    this.#nowMs = nowMs;
    const { counters } = this;
    const silentMs = nowMs - (counters.lastPacketUnixMs ?? nowMs);
    counters.packetsReceived++;
    const stream = this.#stream ?? this.#firstStream(header);
    counters.lastPacketUnixMs = nowMs;
    if (!repeated) {
      this.#currentMs = nowMs;
      if (this.#byeMs !== undefined && nowMs - this.#byeMs >= LATE_AFTER_BYE_MS) this.#byeMs = undefined; // it is back
    }
    const isStart = this.#take(stream, packet, header, repeated, nowMs);
    if (!isStart && silentMs > OUTAGE_MS && stream.gapSinceMs !== undefined) this.#keyframes.wantAfterOutage();
  }

  /** Returns whether a recording may start with this packet. */
  #take(stream: StreamReceiver, packet: Buffer, header: RtpHeader, repeated: boolean, arrivedMs: number): boolean {
    const isStart = this.#isStart(packet, header);
    const sequence = stream.receive(packet, header, repeated, isStart, arrivedMs);
    if (sequence === undefined) return true;
    if (!repeated && !stream.lastWasRepair) this.#observeTransit(sequence, header, arrivedMs);
    stream.holdFrom = this.#timeline.holdFrom;
    stream.release();
    if (isStart) this.#keyframes.satisfy();
    return isStart;
  }

  /** Whether a recording may start with this packet, regardless of its position in the stream. */
  #isStart(packet: Buffer, header: RtpHeader): boolean {
    if (this.#startsKeyframe === undefined) return header.marker; // the first of a talk spurt (RFC 3551, section 4.1)
    const starts = this.#h264?.sets.areComplete ? startsH264Picture : this.#startsKeyframe;
    return starts(packet, header.payloadStart, header.payloadEnd);
  }

  /** Counts a received packet that is not forwarded. */
  #drop(): void {
    this.counters.packetsReceived++;
    this.counters.packetsDropped++;
  }

  #firstStream(header: RtpHeader): StreamReceiver {
    this.#receivedTimestamp = firstExtendedTimestamp(header.timestamp);
    this.#output.lastTimestamp = this.#receivedTimestamp;
    return this.#open(header.ssrc);
  }

  #open(ssrc: number): StreamReceiver {
    const { clockRate } = this.#settings;
    this.#stream = new StreamReceiver({ ssrc, clockRate }, this.counters, this.#streamEvents);
    return this.#stream;
  }

  /** A packet of another source with the track's own payload type. */
  #keepNext(packet: Buffer, header: RtpHeader, nowMs: number): void {
    if (header.payloadEnd <= header.payloadStart) return; // padding only probes for bandwidth
    this.#nowMs = nowMs;
    this.counters.packetsReceived++;
    this.#next.keep(packet, header, nowMs);
    if (this.#startsKeyframe !== undefined && !this.#isStart(packet, header) && this.#next.needsKeyframe(nowMs)) {
      this.counters.keyframeRequests++;
      this.#feedback.keyframe(header.ssrc);
    }
    this.#perhapsChangeSource(nowMs);
  }

  #perhapsChangeSource(nowMs: number): void {
    if (!this.#next.isKnown) return;
    const byeMs = this.#byeMs ?? Number.POSITIVE_INFINITY;
    const hasLeft = nowMs - byeMs >= LATE_AFTER_BYE_MS && this.#stream?.gapSinceMs === undefined;
    if (hasLeft || this.#next.isDue(this.#currentMs, nowMs)) this.#changeSource(nowMs);
  }

  #changeSource(nowMs: number): void {
    const current = this.#stream;
    if (current === undefined) return;
    current.flush();
    this.#timeline.changeSource();
    this.#output.changeSource();
    const replaced = { ssrc: current.ssrc, lastMs: this.#currentMs };
    this.#byeMs = undefined;
    this.#currentMs = nowMs;
    let stream: StreamReceiver | undefined;
    this.#next.take(replaced, this.#header, nowMs, (packet, arrivedMs) => {
      stream ??= this.#open(this.#header.ssrc);
      this.#currentMs = arrivedMs;
      this.counters.lastPacketUnixMs = arrivedMs;
      this.#take(stream, packet, this.#header, false, arrivedMs);
    });
    if (this.#output.awaitsKeyframe && stream?.holdsStart !== true) this.#keyframes.wantAfterOutage();
  }

  readonly #streamEvents = {
    released: (packet: Buffer, sequence: ExtendedSequence): void => {
      const offset = this.#timeline.offsetFor(sequence);
      if (offset !== this.#output.timestampOffset) this.#output.timestampOffset = offset;
      this.#output.push(packet, this.#nowMs);
    },
    flushing: (): void => this.#timeline.settleEarly(),
    renumbered: (): void => this.#timeline.changeSource(),
    gap: (): void => this.#output.gap(),
    repairedAfter: (ms: number): void => this.#roundTrip.repaired(ms),
  };

  #observeTransit(sequence: ExtendedSequence, header: RtpHeader, nowMs: number): void {
    this.#receivedTimestamp = this.#extend(header.timestamp, nowMs);
    this.#receivedMs = nowMs;
    this.#timeline.arrived(sequence, this.#receivedTimestamp, nowMs);
    if (this.#timeline.holdFrom !== undefined || nowMs > this.#transitUntilMs) return;
    const timestamp = this.#receivedTimestamp + this.#timeline.offset;
    const transitMs = nowMs - (timestamp / this.#settings.clockRate) * 1000;
    if (this.#transitUntilMs === Number.POSITIVE_INFINITY) {
      this.#transitUntilMs = nowMs + TRANSIT_WINDOW_MS;
      this.#lowestTransitMs = transitMs - AHEAD_MS;
    }
    if (transitMs < this.#leastTransitMs) this.#leastTransitMs = Math.max(transitMs, this.#lowestTransitMs);
  }

  #extend(timestamp: RtpTimestamp, nowMs: number): ExtendedTimestamp {
    const near = timestampAfter(this.#receivedTimestamp, nowMs - this.#receivedMs, this.#settings.clockRate);
    return extendTimestamp(near, timestamp);
  }

  /** A long pause is filled while it lasts, up to a time that the packets after it cannot precede. */
  #fillPause(nowMs: number): void {
    const silentMs = nowMs - (this.counters.lastPacketUnixMs ?? nowMs);
    if (silentMs > LONG_PAUSE_MS) this.#output.fillPause(nowMs - PAUSE_MARGIN_MS, nowMs);
  }

  #isFlowing(nowMs: number): boolean {
    return nowMs - (this.counters.lastPacketUnixMs ?? 0) < SILENT_SOURCE_MS;
  }

  #requestKeyframe(stream: StreamReceiver, nowMs: number): void {
    const gapSinceMs = stream.gapSinceMs;
    const isOldGap = gapSinceMs !== undefined && nowMs - gapSinceMs > OLD_GAP_MS;
    const startMs = this.#output.newestStartMs;
    const isKeyframeOld = this.#isFlowing(nowMs) && startMs !== undefined && nowMs - startMs > MAX_KEYFRAME_AGE_MS;
    if ((this.#output.awaitsKeyframe || isOldGap || isKeyframeOld) && !stream.holdsStart) this.#keyframes.want();
    if (!this.#keyframes.due(nowMs, this.#roundTrip.ms)) return;
    this.counters.keyframeRequests++;
    this.#feedback.keyframe(stream.ssrc);
  }
}
