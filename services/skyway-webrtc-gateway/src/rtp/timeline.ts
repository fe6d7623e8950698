import type { ExtendedSequence, ExtendedTimestamp } from "./arithmetic.ts";
import type { ClockLine } from "./clock/mediaClock.ts";
import { TransitHistory } from "./transitHistory.ts";

/**
 * Keeps timestamps in step with real time. Browsers derive audio timestamps from the number of samples they encode.
 * While a microphone is removed (`replaceTrack(null)`) the count stops, and a stuttering sound card also loses samples.
 * All later audio would then be too early in the recording. A new source starts at an unrelated timestamp.
 *
 * A packet's transit is its arrival time minus its timestamp. It is constant, apart from network delay, while the
 * sender's count is correct. When it increases, packets are held until the cause is clear. A sender report decides,
 * because it does not depend on the network. But arrivals must confirm it: the wall clock of a sender may be set, some
 * senders stamp a report when it leaves, and a busy browser computes it from a frame that is late. After a pause, half a second of packets decides, because a network that
 * was blocked delivers a burst whose transit falls at once. Latency does not matter in a recording, so there is time to
 * find out.
 */
export interface TimelineLimits {
  /** A smaller increase of transit is attributed to the network. */
  slipMs: number;
  /** The longest time to wait for a sender report. */
  maxHoldMs: number;
}

/** Chromium sends audio reports every 2.5 to 7.5 s. */
export const AUDIO_LIMITS: TimelineLimits = { slipMs: 100, maxHoldMs: 8_000 };
/** Browsers derive video timestamps from the capture time, and large frames arrive late on slow networks. */
export const VIDEO_LIMITS: TimelineLimits = { slipMs: 1_500, maxHoldMs: 2_000 };

/** A silence of this length before an increase means that the sender paused. */
const PAUSE_MS = 1_000;
/** Packets of this period show the minimum transit after a pause. */
const HOLD_AFTER_PAUSE_MS = 500;
/** A network does not delay a packet by more than the preceding silence plus this. */
const JUMP_MS = 1_000;
/** If transit decreases by more than this, the cause is a changed count, not a faster network. */
const BACKWARD_MS = 2_000;
/** A report further than this from the line through earlier reports may show a slip. Browsers' scatter by 10 ms. */
const REPORTED_SLIP_MS = 30;
/** The share of a reported slip by which transit must have changed. */
const CONFIRMED_SHARE = 0.5;

/** Timestamps of a new source that deviate by less continue those of the previous one. */
const SOURCE_TOLERANCE_MS = 100;

interface Suspicion {
  from: ExtendedSequence;
  /** The least transit before it. */
  usualMs: number;
  /** A network cannot cause this: without a report, the sender's count is assumed to have slipped. */
  isClear: boolean;
  /** Of another source, whose timestamps are unrelated to the previous one's. */
  isNewSource: boolean;
  /** A smaller deviation is no slip. */
  toleratedMs: number;
  firstExcessMs: number;
  leastExcessMs: number;
  untilMs: number;
}

export class Timeline {
  readonly #clockRate: number;
  readonly #limits: TimelineLimits;
  /** Offsets added to timestamps, each from a packet on. The last one applies to packets that arrive now. */
  #offsets: { from: ExtendedSequence; units: number }[] = [{ from: Number.NEGATIVE_INFINITY, units: 0 }];
  #suspicion: Suspicion | undefined;
  readonly #transits = new TransitHistory();
  #lastArrivalMs = 0;
  #newest: ExtendedSequence = 0;
  #isNewSource = false;

  constructor(clockRate: number, limits: TimelineLimits) {
    this.#clockRate = clockRate;
    this.#limits = limits;
  }

  /** Packets from this one on must be held back; undefined if none. */
  get holdFrom(): ExtendedSequence | undefined {
    return this.#suspicion?.from;
  }

  /** Added to timestamps of packets that arrive now. */
  get offset(): number {
    return (this.#offsets.at(-1) as { units: number }).units;
  }

  /** Added to the timestamp of a released packet; must be called in sequence order. */
  offsetFor(sequence: ExtendedSequence): number {
    while (this.#offsets.length > 1 && (this.#offsets[1] as { from: number }).from <= sequence) this.#offsets.shift();
    return (this.#offsets[0] as { units: number }).units;
  }

  /** A packet that is not a retransmission. */
  arrived(sequence: ExtendedSequence, timestamp: ExtendedTimestamp, nowMs: number): void {
    const transitMs = nowMs - this.#toMs(timestamp + this.offset);
    const silentMs = nowMs - this.#lastArrivalMs;
    this.#lastArrivalMs = nowMs;
    this.#newest = Math.max(this.#newest, sequence);
    const usualMs = this.#suspicion?.usualMs ?? this.#transits.leastMs;
    this.#transits.observe(transitMs, nowMs);
    if (usualMs === Number.POSITIVE_INFINITY) return;
    const excessMs = transitMs - usualMs;
    if (this.#suspicion !== undefined) this.#weigh(this.#suspicion, sequence, excessMs);
    else if (this.#isNewSource) this.#expectAnotherOffset(excessMs, usualMs, nowMs);
    else if (excessMs > this.#limits.slipMs || excessMs < -BACKWARD_MS) {
      const isClear = silentMs >= PAUSE_MS || excessMs < -BACKWARD_MS || excessMs > silentMs + JUMP_MS;
      const holdMs = isClear ? HOLD_AFTER_PAUSE_MS : this.#limits.maxHoldMs;
      const toleratedMs = this.#limits.slipMs / 2;
      const untilMs = nowMs + holdMs;
      this.#suspicion = {
        ...{ from: sequence, usualMs, isClear, isNewSource: false },
        ...{ toleratedMs, firstExcessMs: excessMs, leastExcessMs: excessMs, untilMs },
      };
    }
  }

  /** How much later packets arrive in the last second than before it, in milliseconds. */
  get networkChangeMs(): number {
    return this.#transits.changeMs;
  }

  /**
   * A sender report; `line` is the fit through earlier ones. Afterwards, the report's timestamp plus `offset` is
   * correct.
   */
  reported(timestamp: ExtendedTimestamp, senderMs: number, line: ClockLine | undefined): void {
    if (line === undefined) return;
    const slipMs = senderMs - line.toSenderMs(timestamp + this.offset);
    if (this.#suspicion?.isNewSource) {
      const { from, leastExcessMs } = this.#suspicion;
      if (Math.abs(slipMs - leastExcessMs) < SOURCE_TOLERANCE_MS) this.#slip(from, slipMs);
      else this.settle(); // the source may have another clock
    } else if (this.#suspicion !== undefined) {
      const isSlip = Math.abs(slipMs) > this.#limits.slipMs / 2;
      if (isSlip && isConfirmed(slipMs, this.#suspicion.leastExcessMs)) this.#slip(this.#suspicion.from, slipMs);
      else this.#rebase(this.#suspicion);
    } else if (Math.abs(slipMs) > REPORTED_SLIP_MS && isConfirmed(slipMs, this.#transits.changeMs)) {
      this.#slip(this.#newest + 1, slipMs);
    }
  }

  /** Decides by arrival times if no report has arrived in time. */
  tick(nowMs: number): void {
    if (this.#suspicion !== undefined && nowMs >= this.#suspicion.untilMs) this.settle();
  }

  /** Decides now. Unclear cases are attributed to the network; the next report corrects this if it is wrong. */
  settle(): void {
    const suspicion = this.#suspicion;
    if (suspicion?.isClear) this.#slip(suspicion.from, suspicion.leastExcessMs);
    else if (suspicion !== undefined) this.#rebase(suspicion);
  }

  /**
   * Decides now, although packets of less than HOLD_AFTER_PAUSE_MS have come: the track ends. Transit that still falls
   * is that of a burst, after the network or this process stood still.
   */
  settleEarly(): void {
    const suspicion = this.#suspicion;
    if (suspicion && suspicion.firstExcessMs - suspicion.leastExcessMs > this.#limits.slipMs) this.#rebase(suspicion);
    else this.settle();
  }

  /** The sequence numbers restart; released packets keep their offset. */
  renumber(): void {
    this.settle();
    this.#offsets = [{ from: Number.NEGATIVE_INFINITY, units: this.offset }];
    this.#newest = 0;
  }

  /** Another source follows, with unrelated sequence numbers and timestamps. */
  changeSource(): void {
    this.renumber();
    this.#isNewSource = true;
  }

  /** Arrival times decide about the offset of a new source, unless it continues the previous one's timestamps. */
  #expectAnotherOffset(excessMs: number, usualMs: number, nowMs: number): void {
    this.#isNewSource = false;
    if (Math.abs(excessMs) < SOURCE_TOLERANCE_MS) return;
    // Earlier packets of the source may still arrive: they have the same offset.
    const from = Number.NEGATIVE_INFINITY;
    const untilMs = nowMs + HOLD_AFTER_PAUSE_MS;
    this.#suspicion = {
      ...{ from, usualMs, isClear: true, isNewSource: true, toleratedMs: 0 },
      ...{ firstExcessMs: excessMs, leastExcessMs: excessMs, untilMs },
    };
  }

  #weigh(suspicion: Suspicion, sequence: ExtendedSequence, excessMs: number): void {
    if (sequence < suspicion.from) return;
    if (Math.abs(excessMs) < suspicion.toleratedMs) {
      this.#suspicion = undefined;
      this.#transits.restart(suspicion.usualMs);
    } else suspicion.leastExcessMs = Math.min(suspicion.leastExcessMs, excessMs);
  }

  #slip(from: ExtendedSequence, slipMs: number): void {
    // Afterwards, transits are what they were before.
    this.#transits.restart(this.#suspicion?.usualMs ?? this.#transits.leastMs - Math.min(0, slipMs));
    this.#suspicion = undefined;
    this.#offsets.push({ from, units: this.offset + Math.round((slipMs / 1000) * this.#clockRate) });
  }

  /** The network caused it: the new delay becomes the baseline. */
  #rebase({ usualMs, leastExcessMs }: Suspicion): void {
    this.#suspicion = undefined;
    this.#transits.restart(usualMs + leastExcessMs);
  }

  #toMs(timestamp: ExtendedTimestamp): number {
    return (timestamp / this.#clockRate) * 1000;
  }
}

/** Whether packets arrive as a slip of the sender's count would make them arrive. */
function isConfirmed(slipMs: number, changeMs: number): boolean {
  return slipMs > 0 ? changeMs >= slipMs * CONFIRMED_SHARE : changeMs <= slipMs * CONFIRMED_SHARE;
}
