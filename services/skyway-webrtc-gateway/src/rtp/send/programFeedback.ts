import type { RtcpPacket } from "../rtcp/compound.ts";
import {
  FORMAT_FIR,
  FORMAT_PLI,
  FORMAT_REMB,
  PAYLOAD_FEEDBACK,
  RECEIVER_REPORT,
  SENDER_REPORT,
} from "../rtcp/packetTypes.ts";
import { writeReceiverReport } from "../rtcp/receiverReport.ts";

interface Sent {
  ssrc: number;
  source: number | undefined;
  sequenceOffset: number;
}

const RECEIVER_REPORT_BLOCKS_AT = 8;
const SENDER_REPORT_BLOCKS_AT = 28;
const BLOCK_BYTES = 24;
const FIR_ENTRY_BYTES = 8;
const FEEDBACK_ENTRIES_AT = 12;
const REMB_SOURCES_AT = 20;

/**
 * Selects the peer's RTCP for the sending program: reports about its packets, and requests that only its encoder can
 * fulfil, with the program's own SSRC and numbers. NACKs are left out: the gateway retransmits packets.
 *
 * @returns one compound packet; undefined if nothing is for this program.
 */
export function programFeedback(packets: readonly RtcpPacket[], track: Sent): Buffer | undefined {
  const { source } = track;
  if (source === undefined) return undefined;
  const blocks: Buffer[] = [];
  const requests: Buffer[] = [];
  let from: number | undefined;
  for (const packet of packets) {
    const { type, bytes } = packet;
    if (bytes.length < RECEIVER_REPORT_BLOCKS_AT) continue;
    from ??= bytes.readUInt32BE(4);
    if (type === RECEIVER_REPORT) blocks.push(...blocksAbout(packet, RECEIVER_REPORT_BLOCKS_AT, track, source));
    else if (type === SENDER_REPORT) blocks.push(...blocksAbout(packet, SENDER_REPORT_BLOCKS_AT, track, source));
    else if (type === PAYLOAD_FEEDBACK) requests.push(...requestFor(packet, track.ssrc, source));
  }
  if (from === undefined || blocks.length + requests.length === 0) return undefined;
  const report = Buffer.concat([writeReceiverReport(from, []), ...blocks]);
  report[0] = 0x80 | blocks.length;
  report.writeUInt16BE(report.length / 4 - 1, 2);
  return Buffer.concat([report, ...requests]);
}

function blocksAbout({ count, bytes }: RtcpPacket, start: number, track: Sent, source: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = start; at + BLOCK_BYTES <= bytes.length && found.length < count; at += BLOCK_BYTES) {
    if (bytes.readUInt32BE(at) !== track.ssrc) continue;
    const block = Buffer.from(bytes.subarray(at, at + BLOCK_BYTES));
    block.writeUInt32BE(source, 0);
    block.writeUInt16BE((block.readUInt16BE(10) - track.sequenceOffset) & 0xffff, 10);
    found.push(block);
  }
  return found.slice(0, 1);
}

function requestFor({ count, bytes }: RtcpPacket, ssrc: number, source: number): Buffer[] {
  const named = namedSources(count, bytes).find((at) => bytes.readUInt32BE(at) === ssrc);
  if (named === undefined) return [];
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(source, named);
  return [copy];
}

/** The offsets of the SSRCs in a payload-specific feedback packet. */
function namedSources(format: number, bytes: Buffer): number[] {
  if (bytes.length < FEEDBACK_ENTRIES_AT) return [];
  if (format === FORMAT_FIR) return every(FEEDBACK_ENTRIES_AT, FIR_ENTRY_BYTES, bytes.length);
  if (format === FORMAT_REMB) return every(REMB_SOURCES_AT, 4, bytes.length);
  return format === FORMAT_PLI || format > 1 ? [8] : [];
}

function every(start: number, step: number, end: number): number[] {
  const found: number[] = [];
  for (let at = start; at + step <= end; at += step) found.push(at);
  return found;
}
