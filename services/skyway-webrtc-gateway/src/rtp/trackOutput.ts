import {
  type ExtendedSequence,
  type ExtendedTimestamp,
  extendTimestamp,
  firstExtendedSequence,
  type RtpTimestamp,
  timestampAfter,
  toSequence,
  toTimestamp,
} from "./arithmetic.ts";
import { ArrivalBound } from "./arrivalBound.ts";
import type { TrackCounters } from "./counters.ts";
import type { H264Frame } from "./h264Frame.ts";
import type { HeldMemory } from "./heldMemory.ts";
import type { KeyframeTest } from "./keyframe.ts";
import { Pacer } from "./pacer.ts";
import { emptyHeader, type RtpHeader, readHeader, writeUint16, writeUint32 } from "./packet.ts";
import { AUDIO_RETENTION_MS, Replay } from "./replay.ts";
import { packetLike, type SilenceCodec, silencePieces } from "./silence.ts";
import type { Vp9Picture } from "./vp9Picture.ts";
import { type HeldPicture, Vp9Start } from "./vp9Start.ts";

/**
 * Forwards ordered packets to the recorder: whole frames only, starting with a keyframe, and after a gap starting with
 * a keyframe again, so that everything in the file can be decoded. Sequence numbers continue without gaps from the
 * first packet's own, because ffmpeg waits for missing packets, and these will not arrive any more.
 */
export interface OutputSettings {
  /** Undefined for audio, where every packet can be decoded separately. */
  startsKeyframe: KeyframeTest | undefined;
  /** Judges whole frames of H264, where the first packet does not show what a frame is. */
  h264?: H264Frame | undefined;
  /** Converts VP9 to a form that the recorder can read. */
  vp9?: Vp9Picture | undefined;
  /** Of all forwarded packets; undefined leaves it as received. */
  payloadType: number | undefined;
  /** Fills gaps in audio; undefined leaves them. */
  silence: SilenceCodec | undefined;
  /** Timestamp units per second. */
  clockRate: number;
  /** Memory of held media, of all calls; no limit by default. */
  held?: HeldMemory | undefined;
  send(packet: Buffer): void;
}

/** The destination of the track before a seamless redirect. */
export interface PreviousDestination {
  send(packet: Buffer): void;
  /** Called once, after its last packet. */
  ended(): void;
}

/** Spacing of frames whose timestamps would go back: one millisecond, the resolution of Matroska. */
const FRAME_STEP_UNITS = 90;
/** Sent in place of timestamp 0: if it is the first one, ffmpeg counts from the next one that is not 0. */
const NOT_ZERO = 1;
/** Upper limit for a frame, in case the sender never marks its end. */
const MAX_FRAME_PACKETS = 2_000;
/** Long pieces of silence in one call of `fillPause`: 1.2 s, so that even hours are caught up with in steps. */
const MAX_PIECES_AT_ONCE = 10;
/** Receivers extend timestamps by the shorter distance, so steps of video must stay below 6.6 hours. */
const LONGEST_STEP_MS = 3_600_000;

export class TrackOutput {
  readonly #settings: OutputSettings;
  readonly #counters: TrackCounters;
  readonly #pacer: Pacer;
  readonly #replay: Replay;
  readonly #header: RtpHeader = emptyHeader();
  /** Packets of a frame whose end has not arrived yet. */
  #frame: Buffer[] = [];
  #frameTimestamp = -1;
  /** Whether a recording may start with this frame. */
  #isKeyframe = false;
  #awaitsKeyframe: boolean;
  /** Until a recording of VP9 begins. */
  #start: Vp9Start | undefined;
  #next: ExtendedSequence | undefined;
  #ssrc: number | undefined;
  /** The newest outgoing timestamp; before the first packet, an estimate of it. */
  lastTimestamp: ExtendedTimestamp = 0;
  /** When the packet with this timestamp was forwarded. */
  #lastMs = Number.POSITIVE_INFINITY;
  /** Added to every outgoing timestamp, modulo 2 ** 32. */
  #offset = 0;
  /** Outgoing timestamps must be greater than this; set when the offset decreases. */
  #floor = Number.NEGATIVE_INFINITY;
  readonly #bound: ArrivalBound;
  /** Where the forwarded audio ends, including inserted silence. */
  #audioEnd: ExtendedTimestamp | undefined;
  /** Where the last received audio packet ends. */
  #packetEnd: ExtendedTimestamp | undefined;
  /** The model for the headers of packets that are made here. */
  #lastPacket: Buffer | undefined;
  /** Packets still queued for the previous destination. */
  #previous: { pacer: Pacer; ended(): void } | undefined;
  /** Called right before the next keyframe is forwarded. */
  beforeKeyframe: (() => void) | undefined;
  /** Outgoing timestamp of the first packet for the current destination. */
  firstTimestamp: ExtendedTimestamp | undefined;
  /** When that packet was forwarded for the first time. */
  firstMs = Number.NaN;
  /** A copy of a keyframe stands in for a pause: what follows may only start with a keyframe. */
  #isRepeating = false;

  constructor(settings: OutputSettings, counters: TrackCounters) {
    this.#settings = settings;
    this.#counters = counters;
    this.#awaitsKeyframe = settings.startsKeyframe !== undefined;
    this.#start = settings.vp9 && new Vp9Start();
    this.#bound = new ArrivalBound(settings.clockRate);
    this.#pacer = new Pacer(this.#send);
    const dropped = (packets: number) => {
      counters.packetsDropped += packets;
    };
    const retentionMs = settings.startsKeyframe === undefined ? AUDIO_RETENTION_MS : undefined;
    this.#replay = new Replay(dropped, settings.held, retentionMs);
  }

  /** True while nothing can be forwarded until a keyframe arrives. */
  get awaitsKeyframe(): boolean {
    return this.#awaitsKeyframe || this.#start?.wantsKeyframe === true;
  }

  /** SSRC of the forwarded packets; undefined before the first one. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  /** In timestamp units; applies from the next packet on. */
  get timestampOffset(): number {
    return this.#offset;
  }

  set timestampOffset(units: number) {
    if (units < this.#offset) this.#floor = Math.max(this.#floor, this.lastTimestamp);
    this.#offset = units;
  }

  /** When the newest packet that a recording may start with was forwarded; undefined if none is buffered. */
  get newestStartMs(): number | undefined {
    return this.#replay.newestStartMs;
  }

  /** Stops sending, and buffers packets until `resume()`. */
  pause(): void {
    this.#replay.isPaused = true;
    this.#pacer.clear();
  }

  /**
   * Resumes sending, starting with the buffered packets, to a new destination.
   *
   * @param sinceMs older packets are left out if possible.
   * @returns when the first packet of the replay was originally forwarded; undefined if nothing is buffered.
   */
  resume(sinceMs: number | undefined, nowMs: number): number | undefined {
    this.#replay.isPaused = false;
    this.#pacer.clear();
    const replayed = this.#replay.from(sinceMs);
    this.firstTimestamp = replayed?.firstTimestamp;
    if (replayed !== undefined) this.firstMs = replayed.fromMs;
    if (replayed === undefined) this.gap();
    else for (const packet of replayed.packets) this.#pacer.push(packet, nowMs);
    return replayed?.fromMs;
  }

  /**
   * Switches to a new destination from the next packet on; the previous one still receives what is queued for it. No
   * packet is lost or sent to both.
   */
  switchDestination(previous: PreviousDestination, nowMs: number): void {
    this.#counters.packetsDropped += this.#previous?.pacer.length ?? 0;
    this.#endPrevious();
    const pacer = new Pacer(previous.send);
    for (const packet of this.#pacer.take()) pacer.push(packet, nowMs);
    this.#previous = { pacer, ended: previous.ended };
    this.firstTimestamp = undefined;
    this.#drainPrevious(nowMs);
  }

  /** Drops what still waits: the track ends. */
  abandon(): void {
    this.#counters.packetsDropped += this.waiting + this.#frame.length;
    this.#frame = [];
    this.#pacer.clear();
    this.#replay.clear();
    this.#endPrevious();
  }

  /** Number of packets that wait to be sent. */
  get waiting(): number {
    return this.#pacer.length + (this.#previous?.pacer.length ?? 0) + (this.#start?.length ?? 0);
  }

  push(packet: Buffer, nowMs: number): void {
    const header = this.#header;
    if (!readHeader(packet, header)) {
      this.#counters.packetsDropped++;
      return;
    }
    // Padding only probes for bandwidth. Outgoing packets are renumbered, so the recorder does not miss it.
    if (header.payloadEnd <= header.payloadStart) {
      this.#counters.packetsPadding++;
      return;
    }
    this.#counters.lastMediaUnixMs = nowMs;
    const { startsKeyframe, h264, vp9 } = this.#settings;
    if (startsKeyframe === undefined) {
      this.#passAudio(packet, header, nowMs);
      return;
    }
    if (this.#isRepeating) this.gap();
    this.#isRepeating = false;
    if (this.#frame.length > 0 && header.timestamp !== this.#frameTimestamp) this.#passFrame(header.ssrc, nowMs);
    if (this.#frame.length === 0) {
      vp9?.begin();
      if (h264 !== undefined) h264.begin();
      else this.#isKeyframe = startsKeyframe(packet, header.payloadStart, header.payloadEnd);
      if (this.#awaitsKeyframe && !this.#isKeyframe && h264 === undefined) {
        this.#counters.packetsDropped++;
        return;
      }
    }
    if (h264 !== undefined) {
      h264.take(packet, header.payloadStart, header.payloadEnd);
      this.#isKeyframe = h264.isKeyframe;
    }
    if (this.#isKeyframe) this.#awaitsKeyframe = false;
    const readable = vp9 ? vp9.take(packet, header, this.#frame.length) : packet;
    if (readable !== undefined) this.#frame.push(readable);
    else this.#counters.packetsDropped++;
    this.#frameTimestamp = header.timestamp;
    if (header.marker || this.#frame.length > MAX_FRAME_PACKETS) this.#passFrame(header.ssrc, nowMs);
  }

  /** Packets before the next one are permanently lost. */
  gap(): void {
    if (this.#settings.startsKeyframe === undefined) return;
    this.#settings.h264?.gap();
    this.#counters.packetsDropped += this.#frame.length;
    this.#frame = [];
    this.#awaitsKeyframe = true;
  }

  /** Another source follows: what it sent while the previous one still did must not go back in time. */
  changeSource(): void {
    this.gap();
    if (this.#next !== undefined) this.#floor = Math.max(this.#floor, this.lastTimestamp);
  }

  /** Appends `ms` of silence after the last forwarded packet. */
  endInSilence(ms: number, nowMs: number): void {
    if (this.#lastPacket === undefined || this.#packetEnd === undefined) return;
    this.#passSilence(this.#lastPacket, this.#packetEnd + (ms / 1000) * this.#settings.clockRate, nowMs);
  }

  /**
   * Continues the track while it sends nothing: audio with silence, so that a pause of any length is filled in small
   * steps; video with its last keyframe once an hour, because receivers mistake a step of more than half a cycle of the
   * timestamps, 6.6 hours, for one backwards, and a packet without a picture does not move them on.
   *
   * @param untilMs no packet that arrives later belongs before this time.
   */
  fillPause(untilMs: number, nowMs: number): void {
    if (this.#settings.startsKeyframe !== undefined) this.#repeatKeyframe(untilMs, nowMs);
    else this.#fillWithSilence(untilMs, nowMs);
  }

  drain(nowMs: number): void {
    this.#begin(this.#start?.due(nowMs), nowMs);
    this.#drainPrevious(nowMs);
    this.#pacer.drain(nowMs);
  }

  #drainPrevious(nowMs: number): void {
    this.#previous?.pacer.drain(nowMs);
    if (this.#previous?.pacer.length === 0) this.#endPrevious();
  }

  #endPrevious(): void {
    const previous = this.#previous;
    this.#previous = undefined;
    previous?.ended();
  }

  #passFrame(ssrc: number, nowMs: number): void {
    if (this.#awaitsKeyframe) {
      this.#counters.packetsDropped += this.#frame.length;
      this.#frame = [];
      return;
    }
    const { vp9 } = this.#settings;
    if (vp9?.join(this.#frame) === false) {
      this.gap();
      return;
    }
    const [packets, timestamp, isKeyframe] = [this.#frame, this.#frameTimestamp, this.#isKeyframe];
    this.#frame = [];
    const picture = { packets, timestamp, isKeyframe, ssrc };
    if (this.#start && vp9) this.#begin(this.#start.take(picture, vp9.layers, nowMs), nowMs);
    else this.#forwardPicture(picture, nowMs);
  }

  /** @param pictures what the recording begins with; undefined: it does not begin yet. */
  #begin(pictures: HeldPicture[] | undefined, nowMs: number): void {
    if (pictures === undefined) return;
    this.#start = undefined;
    for (const picture of pictures) this.#forwardPicture(picture, nowMs);
  }

  /** Forwards what is held of the beginning: nothing more comes. */
  endStart(nowMs: number): void {
    this.#begin(this.#start?.release(), nowMs);
  }

  #forwardPicture({ packets, timestamp: received, isKeyframe, ssrc }: HeldPicture, nowMs: number): void {
    const timestamp = Math.max(this.#outgoing(received, nowMs), this.#floor + FRAME_STEP_UNITS);
    if (isKeyframe) this.beforeKeyframe?.();
    // Some senders mark more than the last packet of a frame.
    if (this.#lastPacket === undefined || timestamp !== this.lastTimestamp) this.#counters.framesRedirected++;
    let isStart = isKeyframe;
    if (isStart && this.#passMissingSets(packets[0], timestamp, ssrc, nowMs)) isStart = false;
    for (const packet of packets) {
      this.#pass(packet, timestamp, ssrc, isStart, nowMs);
      isStart = false;
    }
    // Frames depend on each other: none can be left out, so they are spaced closely until time has caught up.
    if (timestamp <= this.#floor + FRAME_STEP_UNITS) this.#floor = timestamp;
  }

  /** Any keyframe may become the start of a file. Like silence, the sets are not counted: the sender did not send them here. */
  #passMissingSets(model: Buffer | undefined, timestamp: ExtendedTimestamp, ssrc: number, nowMs: number): boolean {
    const sets = this.#settings.h264?.missingSets ?? [];
    if (model === undefined || sets.length === 0) return false;
    this.#beginWith(model, ssrc);
    for (const set of sets) this.#forward(packetLike(model, set, 0), timestamp, set === sets[0], nowMs);
    return true;
  }

  #passAudio(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const timestamp = this.#outgoing(header.timestamp, nowMs);
    if (timestamp <= this.#floor) {
      this.#counters.packetsDropped++; // sound of this time was already forwarded
      return;
    }
    const { silence } = this.#settings;
    if (silence !== undefined) {
      this.#passSilence(packet, timestamp, nowMs);
      this.#audioEnd = timestamp + silence.duration(packet, header.payloadStart, header.payloadEnd);
      this.#packetEnd = this.#audioEnd;
    }
    this.#counters.framesRedirected++;
    this.#pass(packet, timestamp, header.ssrc, true, nowMs);
  }

  #fillWithSilence(untilMs: number, nowMs: number): void {
    const { silence, clockRate } = this.#settings;
    const [model, from, packetEnd] = [this.#lastPacket, this.#audioEnd, this.#packetEnd];
    if (silence === undefined || model === undefined || from === undefined || packetEnd === undefined) return;
    const { duration } = silence.long;
    const pieces = Math.floor((timestampAfter(packetEnd, untilMs - this.#lastMs, clockRate) - from) / duration);
    if (pieces < 1) return;
    const until = from + Math.min(pieces, MAX_PIECES_AT_ONCE) * duration;
    this.#passSilence(model, until, nowMs);
    this.#floor = Math.max(this.#floor, until - duration);
  }

  #repeatKeyframe(untilMs: number, nowMs: number): void {
    if (this.firstTimestamp === undefined || untilMs - this.#lastMs < LONGEST_STEP_MS) return;
    this.lastTimestamp = timestampAfter(this.lastTimestamp, LONGEST_STEP_MS, this.#settings.clockRate);
    this.#lastMs += LONGEST_STEP_MS;
    this.#floor = this.lastTimestamp;
    this.#isRepeating = true;
    for (const [index, packet] of this.#replay.newestKeyframe().entries()) {
      this.#forward(Buffer.from(packet), this.lastTimestamp, index === 0, nowMs);
    }
  }

  #passSilence(model: Buffer, until: ExtendedTimestamp, nowMs: number): void {
    const { silence, clockRate } = this.#settings;
    const from = this.#audioEnd;
    if (silence === undefined || from === undefined) return;
    for (const { at, payload } of silencePieces(silence, until - from, clockRate)) {
      const packet = packetLike(model, payload, 0);
      this.#forward(packet, from + at, true, nowMs);
      this.#audioEnd = from + at + silence.duration(packet, packet.length - payload.length, packet.length);
    }
  }

  #outgoing(timestamp: RtpTimestamp, nowMs: number): ExtendedTimestamp {
    const near = timestampAfter(this.lastTimestamp, nowMs - this.#lastMs, this.#settings.clockRate);
    const outgoing = extendTimestamp(near, toTimestamp(timestamp + this.#offset));
    if (this.#bound.allows(outgoing, nowMs)) return outgoing;
    const next = Math.max(this.#bound.byArrival(nowMs), this.#audioEnd ?? this.lastTimestamp);
    return Math.min(next, this.#bound.latest(nowMs));
  }

  #beginWith(packet: Buffer, ssrc: number): void {
    this.#ssrc ??= ssrc;
    this.#next ??= firstExtendedSequence(((packet[2] as number) << 8) | (packet[3] as number));
  }

  #pass(packet: Buffer, timestamp: ExtendedTimestamp, ssrc: number, isStart: boolean, nowMs: number): void {
    this.#beginWith(packet, ssrc);
    this.lastTimestamp = timestamp;
    this.#lastMs = nowMs;
    this.#lastPacket = packet;
    this.#counters.packetsRedirected++;
    this.#counters.bytesRedirected += packet.length;
    this.#forward(packet, timestamp, isStart, nowMs);
  }

  #forward(packet: Buffer, timestamp: ExtendedTimestamp, isStart: boolean, nowMs: number): void {
    const { payloadType } = this.#settings;
    const sequence = this.#next ?? 0;
    this.#next = sequence + 1;
    if (this.firstTimestamp === undefined) {
      this.firstTimestamp = timestamp;
      this.firstMs = nowMs;
    }
    writeUint16(packet, 2, toSequence(sequence));
    writeUint32(packet, 4, toTimestamp(timestamp) || NOT_ZERO);
    writeUint32(packet, 8, this.#ssrc ?? 0);
    if (payloadType !== undefined) packet[1] = ((packet[1] as number) & 0x80) | payloadType;
    this.#replay.remember(packet, timestamp, isStart, nowMs);
    if (!this.#replay.isPaused) this.#pacer.push(packet, nowMs);
  }

  readonly #send = (packet: Buffer): void => this.#settings.send(packet);
}
