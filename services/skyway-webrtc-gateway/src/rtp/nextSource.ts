import { type RtpHeader, readHeader } from "./packet.ts";

/**
 * A source that may replace a track's current one: browsers change the SSRC when they restart an encoder or a
 * connection. Its packets are kept until it is certain that the old source sends nothing more, then they are received
 * as if they had just arrived. Two sources that both send do not alternate: the current one stays.
 */

/** A source that sends nothing for this time while another one does is gone, if that one is new to the track. */
const QUIET_MS = 300;
/** The same for a source that was replaced and sends again, and for one that sends a single packet. */
export const SILENT_SOURCE_MS = 1_000;
/** Packets are kept for this time: longer than a decision takes. */
const KEPT_MS = 2_000;
/** More packets are dropped; the sender may repeat them when they are requested. */
const MAX_KEPT_PACKETS = 1_000;
/** Packets that are on their way at the same time, because of jitter. */
const OVERLAP_MS = 100;
/** A keyframe is requested from another source at most once in this time. */
const KEYFRAME_INTERVAL_MS = 1_000;

export class NextSource {
  readonly #dropped: (packets: number) => void;
  #ssrc: number | undefined;
  #packets: Buffer[] = [];
  #arrivalsMs: number[] = [];
  #quietMs = QUIET_MS;
  #replaced: { ssrc: number; ms: number } | undefined;
  #keyframeMs = Number.NEGATIVE_INFINITY;

  /** @param dropped receives the number of packets that were thrown away. */
  constructor(dropped: (packets: number) => void) {
    this.#dropped = dropped;
  }

  get isKnown(): boolean {
    return this.#packets.length > 0;
  }

  /** Keeps a packet of another source than the current one. */
  keep(packet: Buffer, { ssrc }: RtpHeader, nowMs: number): void {
    if (this.#replaced?.ssrc === ssrc && nowMs - this.#replaced.ms > QUIET_MS) this.#quietMs = SILENT_SOURCE_MS;
    this.forget(nowMs);
    if (this.#ssrc !== ssrc && this.isKnown && nowMs - (this.#arrivalsMs.at(-1) as number) > QUIET_MS)
      this.#forgetAll();
    if (!this.isKnown) this.#ssrc = ssrc;
    if (this.#ssrc !== ssrc || this.#packets.length >= MAX_KEPT_PACKETS) {
      this.#dropped(1);
      return;
    }
    this.#packets.push(packet);
    this.#arrivalsMs.push(nowMs);
  }

  /** Whether to request a keyframe from it now; the request then counts as sent. */
  needsKeyframe(nowMs: number): boolean {
    if (this.#packets.length !== 1 || nowMs - this.#keyframeMs < KEYFRAME_INTERVAL_MS) return false;
    this.#keyframeMs = nowMs;
    return true;
  }

  /** Whether it replaces the current source, whose last packet arrived at `currentMs`. */
  isDue(currentMs: number, nowMs: number): boolean {
    const newestMs = this.#arrivalsMs.at(-1);
    if (newestMs === undefined || newestMs <= currentMs) return false;
    // Its packets show that the network is not the cause of the silence.
    if (this.#packets.length > 1 && newestMs - currentMs >= this.#quietMs) return true;
    return nowMs - currentMs >= SILENT_SOURCE_MS;
  }

  /** Whether only this source sent at the end, when there is no more time for certainty. */
  isLastToSend(currentMs: number): boolean {
    return this.isKnown && (this.#arrivalsMs.at(-1) as number) - currentMs >= OVERLAP_MS;
  }

  /** Drops packets that are too old to be decided about. */
  forget(nowMs: number): void {
    this.#forgetBefore(nowMs - KEPT_MS);
  }

  /**
   * Calls `receive` with each kept packet and its arrival time; it may then keep nothing of them.
   *
   * @param replaced the SSRC of the source that is replaced, and when its last packet arrived.
   */
  take(
    replaced: { ssrc: number; lastMs: number },
    header: RtpHeader,
    nowMs: number,
    receive: (packet: Buffer, arrivedMs: number) => void,
  ): void {
    this.#replaced = { ssrc: replaced.ssrc, ms: nowMs };
    this.#forgetBefore(replaced.lastMs - OVERLAP_MS); // sent at the same time as what was forwarded
    const [packets, arrivalsMs] = [this.#packets, this.#arrivalsMs];
    this.#packets = [];
    this.#arrivalsMs = [];
    for (const [index, packet] of packets.entries()) {
      if (readHeader(packet, header)) receive(packet, arrivalsMs[index] as number);
    }
  }

  /** Drops all kept packets. */
  #forgetAll(): void {
    this.#forgetBefore(Number.POSITIVE_INFINITY);
  }

  #forgetBefore(ms: number): void {
    let count = 0;
    while (count < this.#arrivalsMs.length && (this.#arrivalsMs[count] as number) < ms) count++;
    if (count === 0) return;
    this.#packets.splice(0, count);
    this.#arrivalsMs.splice(0, count);
    this.#dropped(count);
  }
}
