import { type FileHandle, open } from "node:fs/promises";

/** Element ids of RFC 9559, including their length markers. */
const SEGMENT = 0x18538067;
const SEEK_HEAD = 0x114d9b74;
const INFO = 0x1549a966;
const CUES = 0x1c53bb6b;
const CLUSTER = 0x1f43b675;
const SEEK = 0x4dbb;
const SEEK_ID = 0x53ab;
const DURATION = 0x4489;

/** Limit for ffmpeg's header with cues in front: some 15 bytes per cluster of 5 s, 260 kB for a call of one day. */
const HEADER_LIMIT_BYTES = 1024 * 1024;

export interface MatroskaFacts {
  hasDuration: boolean;
  hasCues: boolean;
}

interface Element {
  id: number;
  start: number;
  end: number;
}

/** Whether a Matroska or WebM file contains its duration and cues, which a player needs for seeking. */
export async function inspectMatroska(path: string): Promise<MatroskaFacts> {
  const file = await open(path, "r");
  try {
    return factsOf(await readStart(file));
  } finally {
    await file.close();
  }
}

async function readStart(file: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(HEADER_LIMIT_BYTES);
  const { bytesRead } = await file.read(buffer, 0, HEADER_LIMIT_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

export function factsOf(bytes: Buffer): MatroskaFacts {
  const facts: MatroskaFacts = { hasDuration: false, hasCues: false };
  const segment = elements(bytes, 0, bytes.length).find(({ id }) => id === SEGMENT);
  if (!segment) return facts;
  for (const child of elements(bytes, segment.start, Math.min(segment.end, bytes.length))) {
    if (child.id === CLUSTER) break;
    if (child.id === CUES) facts.hasCues = true;
    if (child.id === SEEK_HEAD && pointsToCues(bytes, child)) facts.hasCues = true;
    if (child.id === INFO) {
      facts.hasDuration = elements(bytes, child.start, child.end).some(({ id }) => id === DURATION);
    }
  }
  return facts;
}

function pointsToCues(bytes: Buffer, head: Element): boolean {
  return elements(bytes, head.start, head.end)
    .filter(({ id }) => id === SEEK)
    .flatMap((seek) => elements(bytes, seek.start, seek.end))
    .some(({ id, start, end }) => id === SEEK_ID && end - start === 4 && bytes.readUInt32BE(start) === CUES);
}

/** The elements between two offsets; stops at the first incomplete element or element of unknown size. */
function elements(bytes: Buffer, from: number, to: number): Element[] {
  const found: Element[] = [];
  let at = from;
  while (at < to) {
    const idLength = Math.clz32(bytes[at] ?? 0) - 23;
    if (idLength > 4 || at + idLength >= bytes.length) break;
    const id = bytes.readUIntBE(at, idLength);
    const sizeAt = at + idLength;
    const sizeLength = Math.clz32(bytes[sizeAt] ?? 0) - 23;
    if (sizeLength > 8 || sizeAt + sizeLength > bytes.length) break;
    const start = sizeAt + sizeLength;
    const end = start + readSize(bytes, sizeAt, sizeLength);
    found.push({ id, start, end });
    at = end;
  }
  return found;
}

/** RFC 8794, section 6: a variable-size integer; all ones mean that the size is unknown. */
function readSize(bytes: Buffer, at: number, length: number): number {
  let size = (bytes[at] ?? 0) & (0xff >> length);
  let unknown = size === 0xff >> length;
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if (byte !== 0xff) unknown = false;
    size = size * 256 + byte;
  }
  return unknown ? Number.POSITIVE_INFINITY : size;
}
