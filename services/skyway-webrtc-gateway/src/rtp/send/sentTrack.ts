import { sequenceDistance } from "../arithmetic.ts";
import { emptyHeader, isRtcp, readHeader, writeUint16, writeUint32 } from "../packet.ts";
import type { RtcpPacket } from "../rtcp/compound.ts";
import { BYE, SENDER_REPORT } from "../rtcp/packetTypes.ts";
import { readSenderReport, rewriteSenderReport, writeSenderReport } from "../rtcp/senderReport.ts";
import { History } from "./history.ts";

export interface SentSettings {
  kind: "audio" | "video";
  /** What the description says: packets carry it, whatever the program chose. */
  ssrc: number;
  payloadType: number;
  clockRate: number;
}

/** RFC 3550, appendix A.1: beyond these a source has begun anew. */
const MAX_DROPOUT = 3_000;
const MAX_MISORDER = 100;
/** Without report blocks. */
const SENDER_REPORT_BYTES = 28;

/**
 * Media of one kind from a program to a peer: one source for the peer, however often the program starts anew. Sequence
 * numbers and timestamps of the first start stay as they are; those of later ones go on where the former ended.
 */
export class SentTrack {
  readonly kind: "audio" | "video";
  readonly ssrc: number;
  readonly #settings: SentSettings;
  readonly #send: (packet: Buffer) => boolean;
  readonly #header = emptyHeader();
  readonly #history = new History();
  /** The program's own SSRC. */
  #source: number | undefined;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  /** As they went out. */
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

  /** Takes a datagram of the program; whatever is not RTP is dropped: ffmpeg reports to the port beside its own. */
  send(datagram: Buffer, nowMs: number): void {
    const header = this.#header;
    if (isRtcp(datagram) || !readHeader(datagram, header)) return;
    if (this.#isNewStart(header.ssrc, header.sequence)) this.#continueWith(header.sequence, header.timestamp, nowMs);
    this.#source = header.ssrc;
    const sequence = (header.sequence + this.#sequenceOffset) & 0xffff;
    const timestamp = (header.timestamp + this.#timestampOffset) >>> 0;
    // Other connections send the same datagram under other names.
    const packet = Buffer.from(datagram);
    packet[1] = (header.marker ? 0x80 : 0) | this.#settings.payloadType;
    writeUint16(packet, 2, sequence);
    writeUint32(packet, 4, timestamp);
    writeUint32(packet, 8, this.ssrc);
    if (!this.#send(packet)) return;
    this.packets += 1;
    this.#octets += header.payloadEnd - header.payloadStart;
    this.#history.remember(sequence, packet);
    if (this.packets > 1 && sequenceDistance(this.#lastSequence, sequence) < 0) return;
    this.#lastSequence = sequence;
    this.#lastTimestamp = timestamp;
    this.#lastMs = nowMs;
  }

  /** Sends again what the peer has lost, under its own sequence number: so every receiver takes it. */
  repeat(sequences: readonly number[], nowMs: number): void {
    for (const sequence of sequences) {
      const packet = this.#history.take(sequence, nowMs);
      if (packet !== undefined && this.#send(packet)) this.repeated += 1;
    }
  }

  /** A program's SR or BYE, so that it agrees with the packets; undefined for what is not about them. */
  agreeing({ type, bytes }: RtcpPacket): Buffer | undefined {
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
    // What it says about what it receives is ours to say.
    copy[0] = 0x80;
    const alone = copy.subarray(0, SENDER_REPORT_BYTES);
    alone.writeUInt16BE(SENDER_REPORT_BYTES / 4 - 1, 2);
    return alone;
  }

  /** A report of ours, by the times of arrival, for programs that send none; undefined before the first packet. */
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
