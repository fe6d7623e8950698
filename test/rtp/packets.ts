/** Builds RTP and RTCP packets (RFC 3550), for tests that send what no browser would send. */

export const RTP_HEADER_BYTES = 12;
const VERSION = 0x80;
const MARKER = 0x80;
/** Seconds from 1900 (the NTP epoch) to 1970. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

export interface RtpFields {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
}

export function rtpPacket({ payloadType, marker, sequence, timestamp, ssrc }: RtpFields, payload: Uint8Array): Buffer {
  const packet = Buffer.alloc(RTP_HEADER_BYTES + payload.length);
  packet[0] = VERSION;
  packet[1] = (marker ? MARKER : 0) | payloadType;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(timestamp >>> 0, 4);
  packet.writeUInt32BE(ssrc >>> 0, 8);
  packet.set(payload, RTP_HEADER_BYTES);
  return packet;
}

/** A sender report without report blocks (section 6.4.1). */
export function senderReport(ssrc: number, unixMs: number, timestamp: number, packets: number, bytes: number): Buffer {
  const report = Buffer.alloc(28);
  report.set([VERSION, 200, 0, 6]);
  report.writeUInt32BE(ssrc >>> 0, 4);
  report.writeUInt32BE(Math.floor(unixMs / 1000) + NTP_EPOCH_SECONDS, 8);
  report.writeUInt32BE(Math.floor(((unixMs % 1000) / 1000) * 2 ** 32), 12);
  report.writeUInt32BE(timestamp >>> 0, 16);
  report.writeUInt32BE(packets >>> 0, 20);
  report.writeUInt32BE(bytes >>> 0, 24);
  return report;
}

/** An empty receiver report and BYE: how the gateway ends a track (sections 6.4.2 and 6.6). */
export function bye(ssrc: number): Buffer {
  const packet = Buffer.alloc(16);
  packet.set([VERSION, 201, 0, 1], 0);
  packet.writeUInt32BE(ssrc >>> 0, 4);
  packet.set([VERSION | 1, 203, 0, 1], 8);
  packet.writeUInt32BE(ssrc >>> 0, 12);
  return packet;
}
