import { randomInt } from "node:crypto";
import type { ExtendedSequence } from "../rtp/arithmetic.ts";
import type { ReportSink } from "../rtp/connectionReceiver.ts";
import { writeReferenceTime } from "../rtp/rtcp/extendedReport.ts";
import { writeFir, writeNacks, writePli, writeRemb } from "../rtp/rtcp/feedback.ts";
import { type ReportBlock, writeReceiverReport } from "../rtp/rtcp/receiverReport.ts";
import { writeSourceDescription } from "../rtp/rtcp/sourceDescription.ts";

/** The RTCP feedback that the offer allows. */
export interface RtcpAbilities {
  pli: boolean;
  fir: boolean;
  remb: boolean;
  /** Feedback may be sent without a receiver report (RFC 5506). */
  reducedSize: boolean;
}

/** Sends the RTCP of a receiver: reports, NACKs and keyframe requests. */
export class RtcpSender implements ReportSink {
  /** Our own source identifier, in all reports. */
  readonly ssrc = randomInt(1, 2 ** 32 - 1);
  /** By default, only what every peer understands. */
  abilities: RtcpAbilities = { pli: false, fir: false, remb: false, reducedSize: false };
  readonly #bitsPerSecond: () => number;
  readonly #send: (packet: Buffer) => boolean;
  #firs = 0;

  /** `bitsPerSecond`: how much the sender may send in total. Called for every report. */
  constructor(bitsPerSecond: () => number, send: (packet: Buffer) => boolean) {
    this.#bitsPerSecond = bitsPerSecond;
    this.#send = send;
  }

  nack(mediaSsrc: number, missing: readonly ExtendedSequence[]): number {
    const packets = writeNacks(this.ssrc, mediaSsrc, missing);
    for (const packet of packets) this.#feedback(packet);
    return packets.length;
  }

  keyframe(mediaSsrc: number): void {
    const { pli, fir } = this.abilities;
    if (pli || !fir) this.#feedback(writePli(this.ssrc, mediaSsrc));
    else this.#feedback(writeFir(this.ssrc, mediaSsrc, this.#firs++));
  }

  /** Sends the regular report: reception statistics, our clock, and the allowed bandwidth. */
  report(blocks: readonly ReportBlock[], nowMs: number): void {
    const parts = [
      writeReceiverReport(this.ssrc, blocks),
      writeSourceDescription(this.ssrc, "recorder"),
      writeReferenceTime(this.ssrc, nowMs),
    ];
    if (this.abilities.remb)
      parts.push(
        writeRemb(
          this.ssrc,
          this.#bitsPerSecond(),
          blocks.map(({ ssrc }) => ssrc),
        ),
      );
    this.#send(Buffer.concat(parts));
  }

  #feedback(packet: Buffer): void {
    this.#send(this.abilities.reducedSize ? packet : Buffer.concat([writeReceiverReport(this.ssrc, []), packet]));
  }
}
