import { writeUint32 } from "../packet.ts";
import { RECEIVER_REPORT, writeRtcpHeader } from "./packetTypes.ts";

/** A receiver's report about one source (RFC 3550, section 6.4.1). */
export interface ReportBlock {
  ssrc: number;
  /** Share of packets lost since the last report, in 256ths. */
  fractionLost: number;
  /** Signed, 24 bits. */
  cumulativeLost: number;
  extendedHighestSequence: number;
  /** Interarrival jitter in timestamp units. */
  jitter: number;
  /** Compact NTP time of the last sender report; 0 if there was none. */
  lastSenderReport: number;
  /** Time since it arrived, in 1/65,536 s. */
  delaySinceLastSenderReport: number;
}

const BLOCK_BYTES = 24;
const HEADER_BYTES = 8;

export function writeReceiverReport(senderSsrc: number, blocks: readonly ReportBlock[]): Buffer {
  const length = HEADER_BYTES + blocks.length * BLOCK_BYTES;
  const bytes = Buffer.alloc(length);
  writeRtcpHeader(bytes, 0, blocks.length, RECEIVER_REPORT, length);
  writeUint32(bytes, 4, senderSsrc);
  blocks.forEach((block, index) => {
    const at = HEADER_BYTES + index * BLOCK_BYTES;
    writeUint32(bytes, at, block.ssrc);
    writeUint32(bytes, at + 4, ((block.fractionLost << 24) | (block.cumulativeLost & 0xff_ffff)) >>> 0);
    writeUint32(bytes, at + 8, block.extendedHighestSequence);
    writeUint32(bytes, at + 12, block.jitter);
    writeUint32(bytes, at + 16, block.lastSenderReport);
    writeUint32(bytes, at + 20, block.delaySinceLastSenderReport);
  });
  return bytes;
}
