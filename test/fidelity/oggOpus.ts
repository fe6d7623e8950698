const SERIAL = 0x5eed;
const FIRST_PAGE = 2;
const LAST_PAGE = 4;
const LONGEST_PACKET_BYTES = 255 * 255;

/**
 * Opus packets in Ogg (RFC 3533, RFC 7845), one per page, so that each has its own time.
 *
 * @param times of their first samples, in 1/48000 s.
 */
export function oggOpusFile(packets: readonly Buffer[], times: readonly number[]): Buffer {
  const head = Buffer.concat([Buffer.from("OpusHead"), Buffer.of(1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)]);
  const tags = Buffer.concat([Buffer.from("OpusTags"), Buffer.of(4, 0, 0, 0), Buffer.from("test"), Buffer.alloc(4)]);
  const pages = [page(head, 0, 0, FIRST_PAGE), page(tags, 0, 1, 0)];
  packets.forEach((packet, index) => {
    const isLast = index === packets.length - 1;
    const end = (times[index] ?? 0) + samplesOf(packet);
    pages.push(page(packet, end, index + 2, isLast ? LAST_PAGE : 0));
  });
  return Buffer.concat(pages);
}

/** Number of 48 kHz samples in a packet, from its first byte (RFC 6716, section 3.1). */
export function samplesOf(packet: Buffer): number {
  const [toc = 0, count = 0] = packet;
  const configuration = toc >> 3;
  const milliseconds =
    configuration < 12
      ? ([10, 20, 40, 60][configuration & 3] ?? 0)
      : configuration < 16
        ? ([10, 20][configuration & 1] ?? 0)
        : ([2.5, 5, 10, 20][configuration & 3] ?? 0);
  const frames = [1, 2, 2, count & 0x3f][toc & 3] ?? 1;
  return milliseconds * 48 * frames;
}

function page(packet: Buffer, granule: number, sequence: number, flags: number): Buffer {
  if (packet.length > LONGEST_PACKET_BYTES) throw new Error("an Opus packet does not fit into a page");
  const segments = Math.floor(packet.length / 255) + 1;
  const header = Buffer.alloc(27 + segments, 255);
  header.write("OggS", 0, "latin1");
  header.writeUInt8(0, 4);
  header.writeUInt8(flags, 5);
  header.writeBigInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(SERIAL, 14);
  header.writeUInt32LE(sequence, 18);
  header.writeUInt32LE(0, 22);
  header.writeUInt8(segments, 26);
  header.writeUInt8(packet.length % 255, 26 + segments);
  const whole = Buffer.concat([header, packet]);
  whole.writeUInt32LE(checksum(whole), 22);
  return whole;
}

/** CRC-32 with Ogg's polynomial, not reflected (RFC 3533, section 6). */
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value & 0x80000000 ? 0x04c11db7 : 0);
  return value >>> 0;
});

function checksum(bytes: Buffer): number {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ (TABLE[(value >>> 24) ^ byte] ?? 0)) >>> 0;
  return value;
}
