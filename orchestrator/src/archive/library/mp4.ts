import { type FileHandle, open } from "node:fs/promises";

/** ISO/IEC 14496-12: a 32-bit size and a four-letter type; if the size is 1, a 64-bit size follows. */
const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;
/** Version and flags, creation time, modification time, time scale, duration; 32 bits each in version 0. */
const MVHD_BYTES = 36;

export interface Mp4Facts {
  hasDuration: boolean;
  /** The sample table comes before the media data. */
  hasIndexInFront: boolean;
}

interface Box {
  type: string;
  start: number;
  end: number;
}

/** Whether an MP4 file contains its duration and has its sample table in front of the media data. */
export async function inspectMp4(path: string): Promise<Mp4Facts> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const facts: Mp4Facts = { hasDuration: false, hasIndexInFront: false };
    for await (const box of boxes(file, 0, size)) {
      if (box.type === "mdat") break;
      if (box.type !== "moov") continue;
      facts.hasIndexInFront = true;
      facts.hasDuration = await saysDuration(file, box);
    }
    return facts;
  } finally {
    await file.close();
  }
}

async function saysDuration(file: FileHandle, moov: Box): Promise<boolean> {
  for await (const { type, start } of boxes(file, moov.start, moov.end)) {
    if (type !== "mvhd") continue;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MVHD_BYTES), 0, MVHD_BYTES, start);
    if (bytesRead < MVHD_BYTES) return false;
    return buffer[0] === 1 ? buffer.readBigUInt64BE(24) > 0n : buffer.readUInt32BE(16) > 0;
  }
  return false;
}

/** The boxes between two offsets; stops at the first incomplete box. */
async function* boxes(file: FileHandle, from: number, to: number): AsyncGenerator<Box> {
  let at = from;
  while (at + HEADER_BYTES <= to) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONG_HEADER_BYTES), 0, LONG_HEADER_BYTES, at);
    if (bytesRead < HEADER_BYTES) return;
    const isLong = buffer.readUInt32BE(0) === 1;
    const header = isLong ? LONG_HEADER_BYTES : HEADER_BYTES;
    const size = isLong ? Number(buffer.readBigUInt64BE(8)) : buffer.readUInt32BE(0);
    if (size < header || at + size > to) return;
    yield { type: buffer.toString("latin1", 4, 8), start: at + header, end: at + size };
    at += size;
  }
}
