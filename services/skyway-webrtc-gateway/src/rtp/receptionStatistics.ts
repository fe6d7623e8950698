import type { ExtendedSequence, RtpTimestamp } from "./arithmetic.ts";
import { timestampDistance } from "./arithmetic.ts";
import type { ReportBlock } from "./rtcp/receiverReport.ts";
import type { SenderReport } from "./rtcp/senderReport.ts";

/** Extended sequence numbers start in cycle one here; in reports they start in cycle zero. */
const FIRST_CYCLE = 0x1_0000;

/** Statistics about original packets for receiver reports (RFC 3550, appendices A.3 and A.8). */
export class ReceptionStatistics {
  readonly #ssrc: number;
  readonly #clockRate: number;
  #first: ExtendedSequence | undefined;
  #highest: ExtendedSequence = 0;
  #received = 0;
  #expectedAtLastReport = 0;
  #receivedAtLastReport = 0;
  #jitter = 0;
  #lastArrivalMs = 0;
  #lastTimestamp: RtpTimestamp = 0;
  #lastReport: { compactNtp: number; arrivalMs: number } | undefined;

  constructor(ssrc: number, clockRate: number) {
    this.#ssrc = ssrc;
    this.#clockRate = clockRate;
  }

  /** A packet that is not a retransmission. */
  count(sequence: ExtendedSequence, timestamp: RtpTimestamp, arrivalMs: number): void {
    this.#received++;
    if (this.#first === undefined) {
      this.#first = sequence;
      this.#highest = sequence;
    } else {
      this.#first = Math.min(this.#first, sequence);
      this.#highest = Math.max(this.#highest, sequence);
      const elapsed = ((arrivalMs - this.#lastArrivalMs) * this.#clockRate) / 1000;
      const transit = elapsed - timestampDistance(this.#lastTimestamp, timestamp);
      this.#jitter += (Math.abs(transit) - this.#jitter) / 16;
    }
    this.#lastArrivalMs = arrivalMs;
    this.#lastTimestamp = timestamp;
  }

  countReport(report: SenderReport, arrivalMs: number): void {
    this.#lastReport = { compactNtp: report.compactNtp, arrivalMs };
  }

  get received(): number {
    return this.#received;
  }

  /** Expected packets that did not arrive without a retransmission; never negative here. */
  get lost(): number {
    return Math.max(0, this.#expected - this.#received);
  }

  /** The block for the next receiver report; undefined before the first packet. Each call starts a new interval. */
  nextBlock(nowMs: number): ReportBlock | undefined {
    if (this.#first === undefined) return undefined;
    const expected = this.#expected - this.#expectedAtLastReport;
    const lost = expected - (this.#received - this.#receivedAtLastReport);
    this.#expectedAtLastReport = this.#expected;
    this.#receivedAtLastReport = this.#received;
    const cumulative = this.#expected - this.#received;
    return {
      ssrc: this.#ssrc,
      fractionLost: expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      cumulativeLost: Math.max(-0x80_0000, Math.min(0x7f_ffff, cumulative)),
      extendedHighestSequence: (this.#highest - FIRST_CYCLE) >>> 0,
      jitter: Math.min(0xffff_ffff, Math.round(this.#jitter)),
      lastSenderReport: this.#lastReport?.compactNtp ?? 0,
      delaySinceLastSenderReport: this.#lastReport
        ? Math.min(0xffff_ffff, Math.round(((nowMs - this.#lastReport.arrivalMs) / 1000) * 65536))
        : 0,
    };
  }

  get #expected(): number {
    return this.#first === undefined ? 0 : this.#highest - this.#first + 1;
  }
}
