import { sequenceDistance } from "../arithmetic.ts";
import { emptyHeader, isRtcp, readHeader, writeUint16, writeUint32 } from "../packet.ts";
import type { RtcpPacket } from "../rtcp/compound.ts";
import { BYE, SENDER_REPORT } from "../rtcp/packetTypes.ts";
import { readSenderReport, rewriteSenderReport, writeSenderReport } from "../rtcp/senderReport.ts";
import { History } from "./history.ts";
import { SendLossCounter } from "./sendLosses.ts";

export interface SentSettings {
  kind: "audio" | "video";
  /** As in the SDP: outgoing packets use it instead of the program's SSRC. */
  ssrc: number;
  payloadType: number;
  clockRate: number;
}

/** RFC 3550, appendix A.1: beyond these limits, the source has restarted. */
const MAX_DROPOUT = 3_000;
const MAX_MISORDER = 100;
/** Without report blocks. */
const SENDER_REPORT_BYTES = 28;

/**
 * Media of one kind from a program to a peer: a single source for the peer, even if the program restarts. The first
 * sequence numbers and timestamps are unchanged; after a restart, they continue where the previous ones ended.
 */
export class SentTrack {
  readonly kind: "audio" | "video";
  readonly ssrc: number;
  readonly #settings: SentSettings;
  readonly #send: (packet: Buffer) => boolean;
  readonly #header = emptyHeader();
  readonly #history = new History();
  readonly losses = new SendLossCounter();
  /** The program's own SSRC. */
  #source: number | undefined;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  /** The last outgoing packet. */
  #lastSequence = 0;
  #lastTimestamp = 0;
  #lastMs = 0;
  packets = 0;
  #octets = 0;
  repeated = 0;

  constructor(settings: SentSettings, send: (packet: Buffer) => boolean) {
    this.kind = settings.kind;
    this.ssrc = settings.ssrc;
    this.#settings = settings;
    this.#send = send;
  }

  /** The program's SSRC; undefined before its first packet. */
  get source(): number | undefined {
    return this.#source;
  }

  /** Added to the program's sequence numbers, modulo 2 ** 16. */
  get sequenceOffset(): number {
    return this.#sequenceOffset;
  }

  /** Sends a program's RTP. Other datagrams are dropped; ffmpeg sends RTCP to another port. */
  send(datagram: Buffer, nowMs: number): void {
    const header = this.#header;
    if (isRtcp(datagram) || !readHeader(datagram, header)) return;
    if (this.#isNewStart(header.ssrc, header.sequence)) this.#continueWith(header.sequence, header.timestamp, nowMs);
    this.#source = header.ssrc;
    const sequence = (header.sequence + this.#sequenceOffset) & 0xffff;
    const timestamp = (header.timestamp + this.#timestampOffset) >>> 0;
    // Other connections send the same datagram with other SSRCs.
    const packet = Buffer.from(datagram);
    packet[1] = (header.marker ? 0x80 : 0) | this.#settings.payloadType;
    writeUint16(packet, 2, sequence);
    writeUint32(packet, 4, timestamp);
    writeUint32(packet, 8, this.ssrc);
    const isSent = this.#send(packet);
    if (!isSent && this.packets === 0) return;
    const distance = this.packets === 0 ? 1 : sequenceDistance(this.#lastSequence, sequence);
    this.losses.arrived(distance, nowMs);
    if (isSent) {
      this.packets += 1;
      this.#octets += header.payloadEnd - header.payloadStart;
      this.#history.remember(sequence, packet);
    } else this.losses.refused(packet.length, nowMs);
    if (distance < 0) return;
    this.#lastSequence = sequence;
    this.#lastTimestamp = timestamp;
    this.#lastMs = nowMs;
  }

  /** Retransmits packets with their original sequence numbers, which every receiver accepts. */
  repeat(sequences: readonly number[], nowMs: number): void {
    for (const sequence of sequences) {
      const packet = this.#history.take(sequence, nowMs);
      if (packet !== undefined && this.#send(packet)) this.repeated += 1;
    }
  }

  /** Rewrites a program's SR or BYE to match the outgoing packets; undefined for other RTCP. */
  rewriteRtcp({ type, bytes }: RtcpPacket): Buffer | undefined {
    const about = bytes.length >= 8 ? bytes.readUInt32BE(4) : undefined;
    if (about === undefined || about !== this.#source || this.packets === 0) return undefined;
    const copy = Buffer.from(bytes);
    if (type === BYE) {
      copy.writeUInt32BE(this.ssrc, 4);
      return copy;
    }
    const report = type === SENDER_REPORT ? readSenderReport({ type, count: 0, bytes }) : undefined;
    if (report === undefined) return undefined;
    rewriteSenderReport(copy, this.ssrc, (report.rtpTimestamp + this.#timestampOffset) >>> 0);
    // Report blocks are removed: the gateway sends its own reports about received media.
    copy[0] = 0x80;
    const alone = copy.subarray(0, SENDER_REPORT_BYTES);
    alone.writeUInt16BE(SENDER_REPORT_BYTES / 4 - 1, 2);
    return alone;
  }

  /**
   * A generated sender report, based on arrival times, for programs that send none; undefined before the first packet.
   */
  report(): Buffer | undefined {
    if (this.packets === 0) return undefined;
    const counts = { packetCount: this.packets, octetCount: this.#octets };
    return writeSenderReport({ ssrc: this.ssrc, ntpMs: this.#lastMs, rtpTimestamp: this.#lastTimestamp, ...counts });
  }

  #isNewStart(ssrc: number, sequence: number): boolean {
    if (this.packets === 0) return false;
    if (ssrc !== this.#source) return true;
    const ahead = sequenceDistance(this.#lastSequence, (sequence + this.#sequenceOffset) & 0xffff);
    return ahead > MAX_DROPOUT || ahead < -MAX_MISORDER;
  }

  #continueWith(sequence: number, timestamp: number, nowMs: number): void {
    const elapsed = Math.max(1, Math.round(((nowMs - this.#lastMs) / 1000) * this.#settings.clockRate));
    this.#sequenceOffset = (this.#lastSequence + 1 - sequence) & 0xffff;
    this.#timestampOffset = (this.#lastTimestamp + elapsed - timestamp) >>> 0;
  }
}
