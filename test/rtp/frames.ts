/** Extracts encoded media from simple files that ffmpeg writes. */

/** Frames of an IVF file: VP8, VP9, AV1. */
export function ivfFrames(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let at = file.readUInt16LE(6);
  while (at + 12 <= file.length) {
    const size = file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, at + 12 + size));
    at += 12 + size;
  }
  return frames;
}

/** Packets of an Ogg file (RFC 3533) of Opus, without its two headers (RFC 7845, section 3). */
export function opusPackets(file: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let parts: Buffer[] = [];
  let page = 0;
  while (page + 27 <= file.length) {
    const segments = file.readUInt8(page + 26);
    let at = page + 27 + segments;
    for (const size of file.subarray(page + 27, page + 27 + segments)) {
      parts.push(file.subarray(at, at + size));
      at += size;
      if (size === 255) continue; // continues in the next segment
      packets.push(Buffer.concat(parts));
      parts = [];
    }
    page = at;
  }
  return packets.slice(2);
}

const ACCESS_UNIT_DELIMITER = Buffer.of(0, 0, 0, 1, 9);

/** Access units of an H264 byte stream with access unit delimiters. */
export function accessUnits(stream: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = 0;
  while (start < stream.length) {
    const next = stream.indexOf(ACCESS_UNIT_DELIMITER, start + 1);
    const end = next < 0 ? stream.length : next;
    units.push(stream.subarray(start, end));
    start = end;
  }
  return units;
}
