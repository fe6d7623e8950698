import {
  type ExtendedSequence,
  type ExtendedTimestamp,
  extendTimestamp,
  firstExtendedSequence,
  type RtpTimestamp,
  toSequence,
  toTimestamp,
} from "./arithmetic.ts";
import type { TrackCounters } from "./counters.ts";
import type { KeyframeTest } from "./keyframe.ts";
import { Pacer } from "./pacer.ts";
import { emptyHeader, type RtpHeader, readHeader, writeUint16, writeUint32 } from "./packet.ts";
import { Replay } from "./replay.ts";
import { packetLike, type SilenceCodec, silencePieces } from "./silence.ts";

/**
 * Passes packets that come in order on to the recorder: whole frames only, beginning with a keyframe, and after a gap
 * beginning with a keyframe again, so that everything in the file can be decoded. Sequence numbers go on without holes
 * from the first packet's own, because ffmpeg waits for what is missing, and here it will not come any more.
 */
export interface OutputSettings {
  /** Undefined for audio, where every packet stands alone. */
  startsKeyframe: KeyframeTest | undefined;
  /** Makes of a packet what the recorder can read; undefined leaves it as it is. */
  readable?: ((packet: Buffer, header: RtpHeader) => Buffer | undefined) | undefined;
  /** Rewrites the payload type; undefined leaves it as negotiated. */
  payloadType: number | undefined;
  /** Fills holes in audio; undefined leaves them. */
  silence: SilenceCodec | undefined;
  /** Timestamp units per second. */
  clockRate: number;
  send(packet: Buffer): void;
}

/** Whoever got the track until now. */
export interface Former {
  send(packet: Buffer): void;
  /** Called once, after the last packet for them. */
  ended(): void;
}

/** Time between frames that would lie in the past: a millisecond, the finest that Matroska tells apart. */
const FRAME_STEP_UNITS = 90;
/** What cannot be part of one frame, whatever a sender says. */
const MAX_FRAME_PACKETS = 2_000;

export class TrackOutput {
  readonly #settings: OutputSettings;
  readonly #counters: TrackCounters;
  readonly #pacer: Pacer;
  readonly #replay = new Replay();
  readonly #header: RtpHeader = emptyHeader();
  /** Packets of a frame whose end has not come yet. */
  #frame: Buffer[] = [];
  #frameTimestamp = -1;
  /** Whether the frame is one that a recording may begin with. */
  #isKeyframe = false;
  #awaitsKeyframe: boolean;
  #next: ExtendedSequence | undefined;
  #ssrc: number | undefined;
  /** The newest timestamp on its way out, or one near the first to come. */
  lastTimestamp: ExtendedTimestamp = 0;
  /** Added to every timestamp on its way out, modulo 2 ** 32. */
  #offset = 0;
  /** Nothing may lie at or before this since the offset went back. */
  #floor = Number.NEGATIVE_INFINITY;
  /** Where the audio that was passed on ends. */
  #audioEnd: ExtendedTimestamp | undefined;
  /** Where the last packet of it ends; behind that is silence of ours. */
  #packetEnd: ExtendedTimestamp | undefined;
  /** What silence is written like. */
  #lastAudio: Buffer | undefined;
  /** What was in line when the track was turned to someone else. */
  #former: { pacer: Pacer; ended(): void } | undefined;
  /** Called right before the next keyframe is passed on. */
  beforeKeyframe: (() => void) | undefined;
  /** Timestamp of the first packet that was passed on to whoever gets the track, as it went out. */
  firstTimestamp: ExtendedTimestamp | undefined;

  constructor(settings: OutputSettings, counters: TrackCounters) {
    this.#settings = settings;
    this.#counters = counters;
    this.#awaitsKeyframe = settings.startsKeyframe !== undefined;
    this.#pacer = new Pacer(this.#send);
  }

  /** True while nothing can be passed on until a keyframe comes. */
  get awaitsKeyframe(): boolean {
    return this.#awaitsKeyframe;
  }

  /** SSRC of what was passed on; undefined before the first packet. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  /** In timestamp units; in force from the next packet on. */
  get timestampOffset(): number {
    return this.#offset;
  }

  set timestampOffset(units: number) {
    if (units < this.#offset) this.#floor = this.lastTimestamp;
    this.#offset = units;
  }

  /** When the newest packet that a recording may begin with was passed on; undefined when none is kept. */
  get newestStartMs(): number | undefined {
    return this.#replay.newestStartMs;
  }

  /** Sends nothing from now on, and keeps what there would be to send, until `resume()`. */
  hold(): void {
    this.#replay.isHeld = true;
    this.#pacer.clear();
  }

  /**
   * Sends again, and first of all what was kept, to someone who has heard nothing of it yet.
   *
   * @param sinceMs what is older is left out, if it can be.
   * @returns when the first of what is sent was passed on at first; undefined when nothing is kept.
   */
  resume(sinceMs: number | undefined, nowMs: number): number | undefined {
    this.#replay.isHeld = false;
    this.#pacer.clear();
    const replayed = this.#replay.from(sinceMs);
    this.firstTimestamp = replayed?.firstTimestamp;
    if (replayed === undefined) this.gap();
    else for (const packet of replayed.packets) this.#pacer.push(packet, nowMs);
    return replayed?.fromMs;
  }

  /**
   * What comes from now on is for someone else, who begins with it; those before get what is in line for them. Nothing
   * is said twice, and nothing is left out.
   */
  turn(former: Former, nowMs: number): void {
    const pacer = new Pacer(former.send);
    for (const packet of this.#pacer.take()) pacer.push(packet, nowMs);
    this.#former = { pacer, ended: former.ended };
    this.firstTimestamp = undefined;
    this.#drainFormer(nowMs);
  }

  /** Packets that wait to be sent. */
  get waiting(): number {
    return this.#pacer.length + (this.#former?.pacer.length ?? 0);
  }

  push(packet: Buffer, nowMs: number): void {
    const header = this.#header;
    if (!readHeader(packet, header)) return;
    // Padding probes for bandwidth; it fills sequence numbers that the recorder then never misses.
    if (header.payloadEnd <= header.payloadStart) return;
    const { startsKeyframe } = this.#settings;
    if (startsKeyframe === undefined) {
      this.#passAudio(packet, header, nowMs);
      return;
    }
    if (this.#frame.length > 0 && header.timestamp !== this.#frameTimestamp) this.#passFrame(header.ssrc, nowMs);
    if (this.#frame.length === 0) {
      this.#isKeyframe = startsKeyframe(packet, header.payloadStart, header.payloadEnd);
      if (this.#awaitsKeyframe && !this.#isKeyframe) return;
      this.#awaitsKeyframe = false;
    }
    const readable = this.#settings.readable ? this.#settings.readable(packet, header) : packet;
    if (readable !== undefined) this.#frame.push(readable);
    this.#frameTimestamp = header.timestamp;
    if (header.marker || this.#frame.length > MAX_FRAME_PACKETS) this.#passFrame(header.ssrc, nowMs);
  }

  /** Something before the next packet is lost for good. */
  gap(): void {
    if (this.#settings.startsKeyframe === undefined) return;
    this.#frame = [];
    this.#awaitsKeyframe = true;
  }

  /** So much silence follows the last packet that was passed on. */
  endInSilence(ms: number, nowMs: number): void {
    if (this.#lastAudio === undefined || this.#packetEnd === undefined) return;
    this.#passSilence(this.#lastAudio, this.#packetEnd + (ms / 1000) * this.#settings.clockRate, nowMs);
  }

  drain(nowMs: number): void {
    this.#drainFormer(nowMs);
    this.#pacer.drain(nowMs);
  }

  #drainFormer(nowMs: number): void {
    this.#former?.pacer.drain(nowMs);
    if (this.#former === undefined || this.#former.pacer.length > 0) return;
    const { ended } = this.#former;
    this.#former = undefined;
    ended();
  }

  #passFrame(ssrc: number, nowMs: number): void {
    const timestamp = Math.max(this.#outgoing(this.#frameTimestamp), this.#floor + FRAME_STEP_UNITS);
    if (this.#isKeyframe) this.beforeKeyframe?.();
    let isStart = this.#isKeyframe;
    for (const packet of this.#frame) {
      this.#pass(packet, timestamp, ssrc, isStart, nowMs);
      isStart = false;
    }
    // Frames depend on each other: none can be left out, so they lie close until time has caught up.
    if (timestamp <= this.#floor + FRAME_STEP_UNITS) this.#floor = timestamp;
    this.#frame = [];
  }

  #passAudio(packet: Buffer, header: RtpHeader, nowMs: number): void {
    const timestamp = this.#outgoing(header.timestamp);
    if (timestamp <= this.#floor) return; // said already
    const { silence } = this.#settings;
    if (silence !== undefined) {
      this.#passSilence(packet, timestamp, nowMs);
      this.#audioEnd = timestamp + silence.duration(packet, header.payloadStart, header.payloadEnd);
      this.#packetEnd = this.#audioEnd;
      this.#lastAudio = packet;
    }
    this.#pass(packet, timestamp, header.ssrc, true, nowMs);
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

  #outgoing(timestamp: RtpTimestamp): ExtendedTimestamp {
    return extendTimestamp(this.lastTimestamp, toTimestamp(timestamp + this.#offset));
  }

  #pass(packet: Buffer, timestamp: ExtendedTimestamp, ssrc: number, isStart: boolean, nowMs: number): void {
    this.#ssrc ??= ssrc;
    this.#next ??= firstExtendedSequence(((packet[2] as number) << 8) | (packet[3] as number));
    this.lastTimestamp = timestamp;
    this.#counters.packetsRedirected++;
    this.#counters.bytesRedirected += packet.length;
    this.#forward(packet, timestamp, isStart, nowMs);
  }

  #forward(packet: Buffer, timestamp: ExtendedTimestamp, isStart: boolean, nowMs: number): void {
    const { payloadType } = this.#settings;
    const sequence = this.#next ?? 0;
    this.#next = sequence + 1;
    this.firstTimestamp ??= timestamp;
    writeUint16(packet, 2, toSequence(sequence));
    writeUint32(packet, 4, toTimestamp(timestamp));
    writeUint32(packet, 8, this.#ssrc ?? 0);
    if (payloadType !== undefined) packet[1] = ((packet[1] as number) & 0x80) | payloadType;
    this.#replay.remember(packet, timestamp, isStart, nowMs);
    if (!this.#replay.isHeld) this.#pacer.push(packet, nowMs);
  }

  readonly #send = (packet: Buffer): void => this.#settings.send(packet);
}
