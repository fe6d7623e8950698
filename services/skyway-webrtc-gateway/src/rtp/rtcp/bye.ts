import { readUint32, writeUint32 } from "../packet.ts";
import type { RtcpPacket } from "./compound.ts";
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

const NONE: readonly number[] = [];

/** The sources that a BYE announces the end of (RFC 3550, section 6.6); empty for other packets. */
export function readByes({ type, count, bytes }: RtcpPacket): readonly number[] {
  if (type !== BYE) return NONE;
  const sources: number[] = [];
  for (let at = 4; sources.length < count && at + 4 <= bytes.length; at += 4) sources.push(readUint32(bytes, at));
  return sources;
}
