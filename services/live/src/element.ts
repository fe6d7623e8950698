/** Matroska element ids, including their length markers (RFC 9559, section 5). */
export const ID = {
  segment: 0x18538067,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  blockGroup: 0xa0,
  block: 0xa1,
  simpleBlock: 0xa3,
} as const;

/** Maximum length of an element's id and size together (RFC 8794, sections 5 and 6). */
export const HEADER_BYTES = 12;
const KEYFRAME = 0x80;

export interface ElementHeader {
  id: number;
  /** Length of the header itself. */
  length: number;
  /** Length of the content; undefined if the writer did not know it. */
  size: number | undefined;
}

/** Reads id and size of an EBML element (RFC 8794); undefined if they are incomplete. */
export function elementHeader(bytes: Buffer, at = 0): ElementHeader | undefined {
  const idLength = lengthOf(bytes[at]);
  if (idLength === undefined || idLength > 4) return undefined;
  const sizeAt = at + idLength;
  const sizeLength = lengthOf(bytes[sizeAt]);
  if (sizeLength === undefined || sizeAt + sizeLength > bytes.length) return undefined;
  const id = bytes.readUIntBE(at, idLength);
  let size = (bytes[sizeAt] ?? 0) & (0xff >> sizeLength);
  let isUnknown = size === 0xff >> sizeLength;
  for (let index = 1; index < sizeLength; index += 1) {
    const byte = bytes[sizeAt + index] ?? 0;
    if (byte !== 0xff) isUnknown = false;
    size = size * 256 + byte;
  }
  return { id, length: idLength + sizeLength, size: isUnknown ? undefined : size };
}

/** Length of a number with a length marker: the number of leading zero bits in the first byte, plus one. */
function lengthOf(first: number | undefined): number | undefined {
  return first ? Math.clz32(first) - 23 : undefined;
}

export interface Block {
  /** Relative to the cluster's timestamp. */
  relativeMs: number;
  isKeyframe: boolean;
  data: Buffer;
}

/** Parses a SimpleBlock without lacing (RFC 9559, section 10.2); undefined if its header is incomplete. */
export function blockOf(bytes: Buffer): Block | undefined {
  const trackLength = lengthOf(bytes[0]);
  if (trackLength === undefined || bytes.length < trackLength + 3) return undefined;
  return {
    relativeMs: bytes.readInt16BE(trackLength),
    isKeyframe: ((bytes[trackLength + 2] ?? 0) & KEYFRAME) !== 0,
    data: bytes.subarray(trackLength + 3),
  };
}

export function unsigned(bytes: Buffer): number {
  return bytes.length === 0 ? 0 : bytes.readUIntBE(0, Math.min(bytes.length, 6));
}
