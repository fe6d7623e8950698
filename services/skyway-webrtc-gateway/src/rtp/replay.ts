import type { ExtendedTimestamp } from "./arithmetic.ts";
import { HeldMemory } from "./heldMemory.ts";

/**
 * The last seconds of forwarded packets, as they were sent. A recorder that takes over a track during a call starts
 * there, before the moment when the previous recorder was lost.
 *
 * Packets are not copied. Needs at most MAX_REPLAY_BYTES per track: about 7 MB for video at 2.5 Mbit/s.
 */

/**
 * A lost recorder loses its last second; detecting and replacing it takes three more. If the orchestrator or docker-guard
 * stands still at the same time, it takes as much longer.
 */
const RETENTION_MS = 15_000;
/** Video is kept back to a keyframe, which is requested every eight seconds: sound must reach as far back. */
export const AUDIO_RETENTION_MS = RETENTION_MS + 9_000;
/** Memory limit per track. Video reaches it only if keyframes are rare, audio never. */
export const MAX_REPLAY_BYTES = 8 * 1024 * 1024;
/** In an RTP packet (RFC 3550, section 5.1). */
const TIMESTAMP_AT = 4;
/** For audio, where every packet is a possible start, packets are dropped in segments of this length. */
const SEGMENT_MS = 500;

/** Packets that can be decoded without earlier ones: from one keyframe to the next. */
interface Segment {
  fromMs: number;
  packets: Buffer[];
  firstTimestamp: ExtendedTimestamp;
  bytes: number;
  /** Packets that were remembered during a pause: nobody has received them yet. */
  unsent: number;
  unsentBytes: number;
}

export interface Replayed {
  packets: readonly Buffer[];
  firstTimestamp: ExtendedTimestamp;
  /** When the first of them was forwarded. */
  fromMs: number;
}

export class Replay {
  #segments: Segment[] = [];
  #bytes = 0;
  /** While output is paused, packets are not dropped because of their age. */
  isPaused = false;
  readonly #dropped: (packets: number) => void;
  readonly #held: HeldMemory;
  readonly #retentionMs: number;

  /**
   * @param dropped receives the number of packets that are forgotten without having been sent.
   * @param held of all calls; no limit by default. While it is full, nothing more is buffered during a pause.
   * @param retentionMs how long packets are kept that were sent.
   */
  constructor(
    dropped: (packets: number) => void = () => undefined,
    held = new HeldMemory(),
    retentionMs = RETENTION_MS,
  ) {
    this.#retentionMs = retentionMs;
    this.#dropped = dropped;
    this.#held = held;
  }

  /** When the newest keyframe was forwarded; undefined if none is buffered. */
  get newestStartMs(): number | undefined {
    return this.#segments.at(-1)?.fromMs;
  }

  /** The packets of the newest picture that a recording may start with; none if none is buffered. */
  newestKeyframe(): readonly Buffer[] {
    const packets = this.#segments.at(-1)?.packets ?? [];
    const timestamp = packets[0]?.readUInt32BE(TIMESTAMP_AT);
    const end = packets.findIndex((packet) => packet.readUInt32BE(TIMESTAMP_AT) !== timestamp);
    return packets.slice(0, end < 0 ? packets.length : end);
  }

  /** @param isStart whether a recording may start with this packet. */
  remember(packet: Buffer, timestamp: ExtendedTimestamp, isStart: boolean, nowMs: number): void {
    const newest = this.#segments.at(-1);
    const unsent = this.isPaused ? 1 : 0;
    const unsentBytes = this.isPaused ? packet.length : 0;
    const limitBytes = this.isPaused && this.#held.isFull ? this.#bytes : MAX_REPLAY_BYTES;
    if (isStart && (newest === undefined || nowMs - newest.fromMs >= SEGMENT_MS)) {
      this.#segments.push({
        fromMs: nowMs,
        packets: [packet],
        firstTimestamp: timestamp,
        bytes: packet.length,
        ...{ unsent, unsentBytes },
      });
    } else if (newest !== undefined) {
      newest.packets.push(packet);
      newest.bytes += packet.length;
      newest.unsent += unsent;
      newest.unsentBytes += unsentBytes;
    } else {
      this.#dropped(unsent);
      return; // not decodable without a start
    }
    this.#bytes += packet.length;
    this.#held.add(unsentBytes);
    this.#forget(nowMs, limitBytes);
  }

  /** The buffered packets from the last start at or before `ms`; all of them by default. They then count as sent. */
  from(ms = Number.NEGATIVE_INFINITY): Replayed | undefined {
    const at = Math.max(
      0,
      this.#segments.findLastIndex(({ fromMs }) => fromMs <= ms),
    );
    for (const [index, segment] of this.#segments.entries()) {
      this.#release(segment, index < at);
    }
    const segments = this.#segments.slice(at);
    const [first] = segments;
    if (first === undefined) return undefined;
    const { fromMs, firstTimestamp } = first;
    return { packets: segments.flatMap(({ packets }) => packets), firstTimestamp, fromMs };
  }

  /** Forgets everything: the track ends. */
  clear(): void {
    for (const segment of this.#segments) this.#release(segment, true);
    this.#segments = [];
    this.#bytes = 0;
  }

  #forget(nowMs: number, limitBytes: number): void {
    for (let oldest = this.#segments[0]; oldest !== undefined; oldest = this.#segments[0]) {
      const isOld =
        !this.isPaused && this.#segments[1] !== undefined && nowMs - this.#segments[1].fromMs > this.#retentionMs;
      if (!isOld && this.#bytes <= limitBytes) return;
      this.#bytes -= oldest.bytes;
      this.#release(oldest, true);
      this.#segments.shift();
    }
  }

  /** Its packets are no longer held: they are sent, or dropped. */
  #release(segment: Segment, isDropped: boolean): void {
    if (isDropped) this.#dropped(segment.unsent);
    this.#held.add(-segment.unsentBytes);
    segment.unsent = 0;
    segment.unsentBytes = 0;
  }
}
