import type { ExtendedSequence, ExtendedTimestamp } from "./arithmetic.ts";
import type { ClockLine } from "./clock/mediaClock.ts";

/**
 * Keeps timestamps true to time. Browsers count audio timestamps by the samples they encode: while a microphone is taken
 * away (`replaceTrack(null)`) the count stands still, and a sound card that stutters loses some as well. What follows
 * would lie too early in the recording for ever. Another source begins to count somewhere else altogether.
 *
 * A packet's transit, arrival minus timestamp, is even as long as the sender's count is true, give or take what the
 * network adds. When it steps up, packets are held until it is clear which of the two it was: a sender report tells
 * (it knows nothing of the network); after a pause, half a second of packets tells, for a network that was stuck comes
 * back with a burst, whose transit falls at once. Nobody waits for the recording, so there is time to find out.
 */
export interface TimelineLimits {
  /** A step of transit below this is taken for the network's. */
  slipMs: number;
  /** The longest time to wait for a sender report. */
  maxHoldMs: number;
}

/** Chromium reports on audio every 2.5 to 7.5 s. */
export const AUDIO_LIMITS: TimelineLimits = { slipMs: 100, maxHoldMs: 8_000 };
/** Browsers take video timestamps from the time of capture, and large frames on thin paths arrive late. */
export const VIDEO_LIMITS: TimelineLimits = { slipMs: 1_500, maxHoldMs: 2_000 };

/** Silence as long as this before a step means that the sender paused. */
const PAUSE_MS = 1_000;
/** Packets of so long a time show the least transit after a pause. */
const HOLD_AFTER_PAUSE_MS = 500;
/** No network delays a packet by more than the silence before it and this. */
const JUMP_MS = 1_000;
/** Transit that falls by more than this is no faster network but another count. */
const BACKWARD_MS = 2_000;
/** The least transit of this time, and of the time before it, is what transit is measured against. */
const WINDOW_MS = 5_000;
/** A report that is further than this off the line through the others shows a slip. They scatter by less than 10 ms. */
const REPORTED_SLIP_MS = 30;

interface Suspicion {
  from: ExtendedSequence;
  /** No network does this: without a report it is the sender's count. */
  isClear: boolean;
  leastExcessMs: number;
  untilMs: number;
}

export class Timeline {
  readonly #clockRate: number;
  readonly #limits: TimelineLimits;
  /** What is added to timestamps, from a packet on. The last one is in force for what arrives now. */
  #offsets: { from: ExtendedSequence; units: number }[] = [{ from: Number.NEGATIVE_INFINITY, units: 0 }];
  #suspicion: Suspicion | undefined;
  #windowEndMs = 0;
  #leastMs = Number.POSITIVE_INFINITY;
  #leastBeforeMs = Number.POSITIVE_INFINITY;
  #lastArrivalMs = 0;
  #newest: ExtendedSequence = 0;

  constructor(clockRate: number, limits: TimelineLimits) {
    this.#clockRate = clockRate;
    this.#limits = limits;
  }

  /** Packets from this one on are to be held; undefined if none are. */
  get holdFrom(): ExtendedSequence | undefined {
    return this.#suspicion?.from;
  }

  /** Added to timestamps of what arrives now. */
  get offset(): number {
    return (this.#offsets.at(-1) as { units: number }).units;
  }

  /** Added to the timestamp of a packet that is released; packets must be asked about in order. */
  offsetFor(sequence: ExtendedSequence): number {
    while (this.#offsets.length > 1 && (this.#offsets[1] as { from: number }).from <= sequence) this.#offsets.shift();
    return (this.#offsets[0] as { units: number }).units;
  }

  /** A packet that came for the first time. */
  arrived(sequence: ExtendedSequence, timestamp: ExtendedTimestamp, nowMs: number): void {
    const transitMs = nowMs - this.#toMs(timestamp + this.offset);
    const silentMs = nowMs - this.#lastArrivalMs;
    this.#lastArrivalMs = nowMs;
    this.#newest = Math.max(this.#newest, sequence);
    const usualMs = Math.min(this.#leastMs, this.#leastBeforeMs);
    if (usualMs === Number.POSITIVE_INFINITY) {
      this.#learn(transitMs, nowMs);
      return;
    }
    const excessMs = transitMs - usualMs;
    if (this.#suspicion !== undefined) this.#weigh(this.#suspicion, sequence, excessMs);
    else if (excessMs > this.#limits.slipMs || excessMs < -BACKWARD_MS) {
      const isClear = silentMs >= PAUSE_MS || excessMs < -BACKWARD_MS || excessMs > silentMs + JUMP_MS;
      const holdMs = isClear ? HOLD_AFTER_PAUSE_MS : this.#limits.maxHoldMs;
      this.#suspicion = { from: sequence, isClear, leastExcessMs: excessMs, untilMs: nowMs + holdMs };
    } else this.#learn(transitMs, nowMs);
  }

  /**
   * A sender report, `line` being what the ones before say. The report's timestamp is then true with `offset` added.
   */
  reported(timestamp: ExtendedTimestamp, senderMs: number, line: ClockLine | undefined): void {
    if (line === undefined) return;
    const slipMs = senderMs - line.toSenderMs(timestamp + this.offset);
    if (this.#suspicion !== undefined) {
      if (Math.abs(slipMs) > this.#limits.slipMs / 2) this.#slip(this.#suspicion.from, slipMs);
      else this.#rebase(this.#suspicion);
    } else if (Math.abs(slipMs) > REPORTED_SLIP_MS) {
      this.#slip(this.#newest + 1, slipMs);
    }
  }

  /** Decides by arrival what no report has decided in time. */
  tick(nowMs: number): void {
    if (this.#suspicion !== undefined && nowMs >= this.#suspicion.untilMs) this.settle();
  }

  /** Decides now. What is not clear is left to the network: if it was not, the next report will say so. */
  settle(): void {
    const suspicion = this.#suspicion;
    if (suspicion?.isClear) this.#slip(suspicion.from, suspicion.leastExcessMs);
    else if (suspicion !== undefined) this.#rebase(suspicion);
  }

  /** Sequence numbers begin anew; what was released stays as it was. */
  renumber(): void {
    this.settle();
    this.#offsets = [{ from: Number.NEGATIVE_INFINITY, units: this.offset }];
    this.#newest = 0;
  }

  #weigh(suspicion: Suspicion, sequence: ExtendedSequence, excessMs: number): void {
    if (sequence < suspicion.from) return;
    if (Math.abs(excessMs) < this.#limits.slipMs / 2) this.#suspicion = undefined;
    else suspicion.leastExcessMs = Math.min(suspicion.leastExcessMs, excessMs);
  }

  #slip(from: ExtendedSequence, slipMs: number): void {
    this.#suspicion = undefined;
    this.#offsets.push({ from, units: this.offset + Math.round((slipMs / 1000) * this.#clockRate) });
  }

  /** It was the network: the way is longer now. */
  #rebase({ leastExcessMs }: Suspicion): void {
    this.#suspicion = undefined;
    this.#leastMs = Math.min(this.#leastMs, this.#leastBeforeMs) + leastExcessMs;
    this.#leastBeforeMs = Number.POSITIVE_INFINITY;
  }

  #learn(transitMs: number, nowMs: number): void {
    if (nowMs >= this.#windowEndMs) {
      this.#leastBeforeMs = this.#leastMs;
      this.#leastMs = transitMs;
      this.#windowEndMs = nowMs + WINDOW_MS;
    } else {
      this.#leastMs = Math.min(this.#leastMs, transitMs);
    }
  }

  #toMs(timestamp: ExtendedTimestamp): number {
    return (timestamp / this.#clockRate) * 1000;
  }
}
