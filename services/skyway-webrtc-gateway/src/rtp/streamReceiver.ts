import { type ExtendedSequence, extendSequence, firstExtendedSequence } from "./arithmetic.ts";
import type { TrackCounters } from "./counters.ts";
import { nextAskMs, patienceMs } from "./nackSchedule.ts";
import type { RtpHeader } from "./packet.ts";
import { ReceptionStatistics } from "./receptionStatistics.ts";
import { ReorderBuffer } from "./reorderBuffer.ts";

/**
 * Puts one source's packets in order and says what to ask for again.
 *
 * Budget: 2 µs a packet; measured by `receiver.bench.ts`.
 */

/** Packets before the first that came may have been lost or overtaken: so many are asked for. */
const LOOK_BACK_PACKETS = 12;
/** … and waited for no longer than this. Nothing else is held up: nobody watches a recording while it is made. */
const LOOK_BACK_PATIENCE_MS = 1_000;
/** A jump of more than this is a sender that began anew, if the next packet says so too (RFC 3550, appendix A.1). */
const MAX_MISORDER = 3_000;
/** After so many losses without one repair the sender is taken for one that repeats nothing. */
const LOSSES_WITHOUT_REPAIR = 30;
const PATIENCE_WITHOUT_REPAIR_MS = 300;

export interface StreamEvents {
  /** The next packet in order. */
  released(packet: Buffer, sequence: ExtendedSequence): void;
  /** So many packets before the next one were given up. */
  gap(packets: number): void;
  /** A packet that was asked for once came so many milliseconds later. */
  repairedAfter(ms: number): void;
  /** All that is held is about to be released. */
  flushing(): void;
  /** The sender began to number anew. */
  renumbered(): void;
}

export class StreamReceiver {
  readonly ssrc: number;
  /** For the receiver reports about this source. */
  statistics: ReceptionStatistics;
  readonly #clockRate: number;
  readonly #counters: TrackCounters;
  readonly #events: StreamEvents;
  #buffer: ReorderBuffer | undefined;
  /** Packets before this one may never have existed. */
  #first: ExtendedSequence = 0;
  /** The newest packet that a decoder could start from. */
  #newestStart: ExtendedSequence = -1;
  /** What a sender that began anew would send next. */
  #restart = -1;
  #givenUpUnrepaired = 0;
  #everRepaired = false;
  /** The last new packet was one that had been asked for: its arrival says nothing about its time. */
  lastWasRepair = false;
  /** This packet and all after it are held back; undefined holds nothing. */
  holdFrom: ExtendedSequence | undefined;

  constructor(source: { ssrc: number; clockRate: number }, counters: TrackCounters, events: StreamEvents) {
    this.ssrc = source.ssrc;
    this.#clockRate = source.clockRate;
    this.statistics = new ReceptionStatistics(source.ssrc, source.clockRate);
    this.#counters = counters;
    this.#events = events;
  }

  /**
   * `repeated`: came as a retransmission. `isStart`: nothing before this packet is wanted, should it be the first.
   * Returns the packet's number if it was new, undefined otherwise. Nothing is released before `release` is called.
   */
  receive(
    packet: Buffer,
    header: RtpHeader,
    repeated: boolean,
    isStart: boolean,
    nowMs: number,
  ): ExtendedSequence | undefined {
    const buffer = this.#buffer;
    if (buffer === undefined) return this.#begin(packet, header, isStart, nowMs);
    const sequence = extendSequence(buffer.highest, header.sequence);
    if (sequence < buffer.highest - MAX_MISORDER) return this.#perhapsRestart(packet, header, isStart, nowMs);
    const asked = sequence <= buffer.highest && sequence >= buffer.next ? buffer.asked(sequence) : 0;
    let insertion = buffer.insert(sequence, packet, nowMs);
    if (insertion === "beyond") {
      this.#makeRoom(buffer, sequence);
      insertion = buffer.insert(sequence, packet, nowMs);
    }
    if (insertion !== "accepted") {
      this.#counters.packetsDuplicate++;
      return undefined;
    }
    this.lastWasRepair = asked > 0;
    if (asked > 0) {
      if (asked === 1) this.#events.repairedAfter(nowMs - buffer.askedMs(sequence));
      if (sequence >= this.#first) this.#counters.packetsRepaired++;
      this.#everRepaired = true;
    } else if (!repeated) {
      this.statistics.count(sequence, header.timestamp, nowMs);
    }
    if (isStart) {
      this.#newestStart = Math.max(this.#newestStart, sequence);
      if (sequence < this.#first) buffer.skipTo(sequence);
    }
    return sequence;
  }

  /** Releases what is there in order, as far as it is not held back. */
  release(): void {
    if (this.#buffer !== undefined) this.#release(this.#buffer);
  }

  /** Adds to `wanted` what should be asked for by now, in ascending order; gives up what has been waited for enough. */
  tick(nowMs: number, roundTripMs: number, wanted: ExtendedSequence[]): void {
    const buffer = this.#buffer;
    if (buffer === undefined || !buffer.hasHole) return;
    this.#giveUp(buffer, nowMs, roundTripMs);
    for (let sequence = buffer.next; sequence < buffer.highest; sequence++) {
      if (buffer.has(sequence)) continue;
      const asked = buffer.asked(sequence);
      const missing = { noticedMs: buffer.noticedMs(sequence), asked, askedMs: buffer.askedMs(sequence) };
      if (nextAskMs(missing, roundTripMs) > nowMs) continue;
      if (asked === 0 && sequence >= this.#first) this.#counters.packetsLost++;
      buffer.ask(sequence, nowMs);
      wanted.push(sequence);
    }
  }

  /** Since when the oldest hole has been waited for; undefined while there is none. */
  get holeSinceMs(): number | undefined {
    const buffer = this.#buffer;
    if (buffer === undefined || !buffer.hasHole || buffer.has(buffer.next)) return undefined;
    return buffer.holeSinceMs;
  }

  /** True if a packet that a decoder could start from is held behind what is missing. */
  get holdsStart(): boolean {
    return this.#buffer !== undefined && this.#newestStart >= this.#buffer.next;
  }

  /** Releases all that is held, holes or not. */
  flush(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    this.#events.flushing();
    this.holdFrom = undefined;
    while (buffer.next <= buffer.highest) {
      this.#release(buffer);
      if (buffer.next <= buffer.highest) this.#skipHole(buffer);
    }
  }

  #begin(packet: Buffer, header: RtpHeader, isStart: boolean, nowMs: number): ExtendedSequence {
    const sequence = firstExtendedSequence(header.sequence);
    const buffer = new ReorderBuffer(sequence);
    this.#buffer = buffer;
    this.#first = sequence;
    this.#newestStart = isStart ? sequence : -1;
    buffer.insert(sequence, packet, nowMs);
    this.statistics.count(sequence, header.timestamp, nowMs);
    if (!isStart) buffer.extendBackTo(sequence - LOOK_BACK_PACKETS, nowMs);
    return sequence;
  }

  /** RFC 3550, appendix A.1: two packets in a row far away from the rest are the beginning of something new. */
  #perhapsRestart(packet: Buffer, header: RtpHeader, isStart: boolean, nowMs: number): ExtendedSequence | undefined {
    if (header.sequence !== this.#restart) {
      this.#restart = (header.sequence + 1) & 0xffff;
      this.#counters.packetsDuplicate++;
      return undefined;
    }
    this.#restart = -1;
    this.flush();
    this.#events.gap(1);
    this.statistics = new ReceptionStatistics(this.ssrc, this.#clockRate);
    this.#events.renumbered();
    return this.#begin(packet, header, isStart, nowMs);
  }

  #release(buffer: ReorderBuffer): void {
    const end = this.holdFrom ?? Number.POSITIVE_INFINITY;
    while (buffer.next < end) {
      const sequence = buffer.next;
      const packet = buffer.take();
      if (packet === undefined) return;
      this.#events.released(packet, sequence);
    }
  }

  #giveUp(buffer: ReorderBuffer, nowMs: number, roundTripMs: number): void {
    this.#release(buffer);
    const patience =
      !this.#everRepaired && this.#givenUpUnrepaired >= LOSSES_WITHOUT_REPAIR
        ? PATIENCE_WITHOUT_REPAIR_MS
        : patienceMs(roundTripMs);
    while (buffer.hasHole && buffer.next < (this.holdFrom ?? Number.POSITIVE_INFINITY)) {
      const limit = buffer.next < this.#first ? LOOK_BACK_PATIENCE_MS : patience;
      if (nowMs - buffer.holeSinceMs < limit) return;
      this.#skipHole(buffer);
      this.#release(buffer);
    }
  }

  /** Gives up what is missing before the next packet that is there. */
  #skipHole(buffer: ReorderBuffer): void {
    let there = buffer.next;
    while (there < buffer.highest && !buffer.has(there)) there++;
    this.#skip(buffer, there);
  }

  #makeRoom(buffer: ReorderBuffer, sequence: ExtendedSequence): void {
    this.#events.flushing();
    this.holdFrom = undefined;
    while (sequence >= buffer.next + buffer.capacity) {
      this.#release(buffer);
      if (buffer.hasHole) this.#skipHole(buffer);
      else this.#skip(buffer, sequence);
    }
  }

  #skip(buffer: ReorderBuffer, to: ExtendedSequence): void {
    const real = Math.max(0, to - Math.max(buffer.next, this.#first));
    const askedFor = this.#askedBetween(buffer, to);
    buffer.skipTo(to);
    if (real === 0) return;
    this.#counters.packetsLost += real - askedFor;
    this.#counters.packetsGivenUp += real;
    this.#givenUpUnrepaired += real;
    this.#events.gap(real);
  }

  #askedBetween(buffer: ReorderBuffer, to: ExtendedSequence): number {
    let count = 0;
    for (let sequence = Math.max(buffer.next, this.#first); sequence < Math.min(to, buffer.highest); sequence++) {
      if (buffer.asked(sequence) > 0) count++;
    }
    return count;
  }
}
