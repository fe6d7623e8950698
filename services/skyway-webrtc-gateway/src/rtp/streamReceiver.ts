import { type ExtendedSequence, extendSequence, firstExtendedSequence } from "./arithmetic.ts";
import type { TrackCounters } from "./counters.ts";
import { maxWaitMs, nextRequestMs } from "./nackSchedule.ts";
import { emptyHeader, type RtpHeader, readHeader } from "./packet.ts";
import { ReceptionStatistics } from "./receptionStatistics.ts";
import { ReorderBuffer } from "./reorderBuffer.ts";

/**
 * Puts one source's packets in order and decides which packets to request again.
 *
 * Budget: 2 µs per packet; measured by `receiver.bench.ts`.
 */

/** How many packets before the first received one are requested: they may be lost or late. */
const LOOK_BACK_PACKETS = 12;
/** … and how long they are waited for. Latency does not matter in a recording. */
const LOOK_BACK_WAIT_MS = 1_000;
/** A larger jump means that the sender restarted, if the next packet confirms it (RFC 3550, appendix A.1). */
const MAX_MISORDER = 3_000;
/** After this many losses without a repair, the sender is assumed not to retransmit. */
const LOSSES_WITHOUT_REPAIR = 30;
const WAIT_WITHOUT_REPAIR_MS = 300;

export interface StreamEvents {
  /** The next packet in order. */
  released(packet: Buffer, sequence: ExtendedSequence): void;
  /** `packets` packets before the next one were given up. */
  gap(packets: number): void;
  /** A packet that was requested once arrived `ms` milliseconds after the request. */
  repairedAfter(ms: number): void;
  /** All buffered packets are about to be released. */
  flushing(): void;
  /** The sender restarted its sequence numbers. */
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
  /** The next sequence number that would confirm a restart. */
  #restart = -1;
  /** The packet that may be the first one after a restart. */
  #restartPacket: Buffer | undefined;
  #isRestartStart = false;
  readonly #header = emptyHeader();
  #givenUpUnrepaired = 0;
  #everRepaired = false;
  /** The last new packet was a requested one: its arrival time tells nothing about its timestamp. */
  lastWasRepair = false;
  /** This packet and all later ones are held back; undefined if none are. */
  holdFrom: ExtendedSequence | undefined;

  constructor(source: { ssrc: number; clockRate: number }, counters: TrackCounters, events: StreamEvents) {
    this.ssrc = source.ssrc;
    this.#clockRate = source.clockRate;
    this.statistics = new ReceptionStatistics(source.ssrc, source.clockRate);
    this.#counters = counters;
    this.#events = events;
  }

  /**
   * `repeated`: is a retransmission. `isStart`: a recording may start here, so packets before a first one are not
   * needed. Returns the packet's number if it is new, otherwise undefined. `release` releases packets.
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
    const requests = sequence <= buffer.highest && sequence >= buffer.next ? buffer.requests(sequence) : 0;
    let insertion = buffer.insert(sequence, packet, nowMs);
    if (insertion === "beyond") {
      this.#makeRoom(buffer, sequence);
      insertion = buffer.insert(sequence, packet, nowMs);
    }
    if (insertion !== "accepted") {
      this.#counters.packetsDuplicate++;
      return undefined;
    }
    this.lastWasRepair = requests > 0;
    if (requests > 0) {
      if (requests === 1) this.#events.repairedAfter(nowMs - buffer.requestedMs(sequence));
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

  /** Releases packets in order, up to the first missing one or `holdFrom`. */
  release(): void {
    if (this.#buffer !== undefined) this.#release(this.#buffer);
  }

  /** Adds the packets to request now to `wanted`, in ascending order; gives up those that are overdue. */
  tick(nowMs: number, roundTripMs: number, wanted: ExtendedSequence[]): void {
    const buffer = this.#buffer;
    if (buffer === undefined || !buffer.hasGap) return;
    this.#giveUp(buffer, nowMs, roundTripMs);
    for (let sequence = buffer.next; sequence < buffer.highest; sequence++) {
      if (buffer.has(sequence)) continue;
      const requests = buffer.requests(sequence);
      const missing = { noticedMs: buffer.noticedMs(sequence), requests, requestedMs: buffer.requestedMs(sequence) };
      if (nextRequestMs(missing, roundTripMs) > nowMs) continue;
      if (requests === 0 && sequence >= this.#first) this.#counters.packetsLost++;
      buffer.countRequest(sequence, nowMs);
      wanted.push(sequence);
    }
  }

  /** When the oldest gap was noticed; undefined if there is none. */
  get gapSinceMs(): number | undefined {
    const buffer = this.#buffer;
    if (buffer === undefined || !buffer.hasGap || buffer.has(buffer.next)) return undefined;
    return buffer.gapSinceMs;
  }

  /** True if a packet that a decoder could start from is buffered behind a gap. */
  get holdsStart(): boolean {
    return this.#buffer !== undefined && this.#newestStart >= this.#buffer.next;
  }

  /** Releases all buffered packets, with gaps. */
  flush(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    this.#events.flushing();
    this.holdFrom = undefined;
    while (buffer.next <= buffer.highest) {
      this.#release(buffer);
      if (buffer.next <= buffer.highest) this.#skipGap(buffer);
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

  /** RFC 3550, appendix A.1: two consecutive packets far from the rest are a restart. */
  #perhapsRestart(packet: Buffer, header: RtpHeader, isStart: boolean, nowMs: number): ExtendedSequence | undefined {
    const first = this.#restartPacket;
    if (header.sequence !== this.#restart || first === undefined) {
      if (first !== undefined) this.#counters.packetsDuplicate++;
      this.#restart = (header.sequence + 1) & 0xffff;
      this.#restartPacket = packet;
      this.#isRestartStart = isStart;
      return undefined;
    }
    this.#restartPacket = undefined;
    this.#restart = -1;
    this.flush();
    this.#events.gap(1);
    this.statistics = new ReceptionStatistics(this.ssrc, this.#clockRate);
    this.#events.renumbered();
    readHeader(first, this.#header);
    this.#begin(first, this.#header, this.#isRestartStart, nowMs);
    return this.receive(packet, header, false, isStart, nowMs);
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
    const waitMs =
      !this.#everRepaired && this.#givenUpUnrepaired >= LOSSES_WITHOUT_REPAIR
        ? WAIT_WITHOUT_REPAIR_MS
        : maxWaitMs(roundTripMs);
    while (buffer.hasGap && buffer.next < (this.holdFrom ?? Number.POSITIVE_INFINITY)) {
      const limit = buffer.next < this.#first ? LOOK_BACK_WAIT_MS : waitMs;
      if (nowMs - buffer.gapSinceMs < limit) return;
      this.#skipGap(buffer);
      this.#release(buffer);
    }
  }

  /** Gives up the packets that are missing before the next buffered one. */
  #skipGap(buffer: ReorderBuffer): void {
    let nextPresent = buffer.next;
    while (nextPresent < buffer.highest && !buffer.has(nextPresent)) nextPresent++;
    this.#skip(buffer, nextPresent);
  }

  #makeRoom(buffer: ReorderBuffer, sequence: ExtendedSequence): void {
    this.#events.flushing();
    this.holdFrom = undefined;
    while (sequence >= buffer.next + buffer.capacity) {
      this.#release(buffer);
      if (buffer.hasGap) this.#skipGap(buffer);
      else this.#skip(buffer, sequence);
    }
  }

  #skip(buffer: ReorderBuffer, to: ExtendedSequence): void {
    const lost = Math.max(0, to - Math.max(buffer.next, this.#first));
    const alreadyCounted = this.#requestedBetween(buffer, to);
    buffer.skipTo(to);
    if (lost === 0) return;
    this.#counters.packetsLost += lost - alreadyCounted;
    this.#counters.packetsGivenUp += lost;
    this.#givenUpUnrepaired += lost;
    this.#events.gap(lost);
  }

  #requestedBetween(buffer: ReorderBuffer, to: ExtendedSequence): number {
    let count = 0;
    for (let sequence = Math.max(buffer.next, this.#first); sequence < Math.min(to, buffer.highest); sequence++) {
      if (buffer.requests(sequence) > 0) count++;
    }
    return count;
  }
}
