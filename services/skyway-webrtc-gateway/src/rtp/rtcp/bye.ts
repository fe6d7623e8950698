import { writeUint32 } from "../packet.ts";
import { BYE, RECEIVER_REPORT, writeRtcpHeader } from "./packetTypes.ts";

/** Ends a stream: an empty receiver report and BYE (RFC 3550, section 6.6). ffmpeg then closes its file. */
export function writeBye(ssrc: number): Buffer {
  const bytes = Buffer.alloc(16);
  writeRtcpHeader(bytes, 0, 0, RECEIVER_REPORT, 8);
  writeUint32(bytes, 4, ssrc);
  writeRtcpHeader(bytes, 8, 1, BYE, 8);
  writeUint32(bytes, 12, ssrc);
  return bytes;
}
