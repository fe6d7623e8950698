import { writeUint32 } from "../packet.ts";
import { SOURCE_DESCRIPTION, writeRtcpHeader } from "./packetTypes.ts";

const CNAME = 1;
const CHUNK_AT = 8;

/** The canonical name, which every compound packet must contain (RFC 3550, section 6.5). At most 255 bytes. */
export function writeSourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname, "utf8").subarray(0, 255);
  // The item list ends with at least one zero byte, padded to 32 bits.
  const length = CHUNK_AT + Math.ceil((2 + name.length + 1) / 4) * 4;
  const bytes = Buffer.alloc(length);
  writeRtcpHeader(bytes, 0, 1, SOURCE_DESCRIPTION, length);
  writeUint32(bytes, 4, ssrc);
  bytes[CHUNK_AT] = CNAME;
  bytes[CHUNK_AT + 1] = name.length;
  name.copy(bytes, CHUNK_AT + 2);
  return bytes;
}
