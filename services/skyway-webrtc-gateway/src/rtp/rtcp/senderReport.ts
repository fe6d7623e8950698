import type { RtpTimestamp } from "../arithmetic.ts";
import { readUint32, writeUint32 } from "../packet.ts";
import type { RtcpPacket } from "./compound.ts";
import { SENDER_REPORT, writeRtcpHeader } from "./packetTypes.ts";

/** A sender's report about its clocks (RFC 3550, section 6.4.1). */
export interface SenderReport {
  ssrc: number;
  /** The sender's wall clock, in milliseconds since 1970 if it uses NTP time; browsers often do not. */
  ntpMs: number;
  /** Middle 32 bits of the NTP timestamp, to be echoed as LSR. */
  compactNtp: number;
  rtpTimestamp: RtpTimestamp;
  packetCount: number;
}

const BYTES = 28;
const RTP_TIMESTAMP_AT = 16;
const SECONDS_1900_TO_1970 = 2_208_988_800;

export function readSenderReport({ type, bytes }: RtcpPacket): SenderReport | undefined {
  if (type !== SENDER_REPORT || bytes.length < BYTES) return undefined;
  const seconds = readUint32(bytes, 8);
  const fraction = readUint32(bytes, 12);
  return {
    ssrc: readUint32(bytes, 4),
    ntpMs: (seconds - SECONDS_1900_TO_1970) * 1000 + (fraction / 2 ** 32) * 1000,
    compactNtp: (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0,
    rtpTimestamp: readUint32(bytes, RTP_TIMESTAMP_AT),
    packetCount: readUint32(bytes, 20),
  };
}

/** Adapts a forwarded report to packets whose SSRC or timestamps were rewritten. */
export function rewriteSenderReport(bytes: Buffer, ssrc: number, rtpTimestamp: RtpTimestamp): void {
  writeUint32(bytes, 4, ssrc);
  writeUint32(bytes, RTP_TIMESTAMP_AT, rtpTimestamp);
}

/** A report without report blocks. */
export function writeSenderReport(report: {
  ssrc: number;
  ntpMs: number;
  rtpTimestamp: RtpTimestamp;
  packetCount?: number;
  octetCount?: number;
}): Buffer {
  const bytes = Buffer.alloc(BYTES);
  writeRtcpHeader(bytes, 0, 0, SENDER_REPORT, BYTES);
  const seconds = Math.floor(report.ntpMs / 1000);
  writeUint32(bytes, 4, report.ssrc);
  writeUint32(bytes, 8, seconds + SECONDS_1900_TO_1970);
  writeUint32(bytes, 12, Math.floor((report.ntpMs / 1000 - seconds) * 2 ** 32));
  writeUint32(bytes, RTP_TIMESTAMP_AT, report.rtpTimestamp);
  writeUint32(bytes, 20, report.packetCount ?? 0);
  writeUint32(bytes, 24, report.octetCount ?? 0);
  return bytes;
}
