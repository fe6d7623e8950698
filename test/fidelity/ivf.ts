const FILE_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;

/** VP8 frames in IVF, with their times in 1/90000 s. */
export function ivfFile(frames: readonly Buffer[], times: readonly number[]): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.write("DKIF", 0, "latin1");
  header.writeUInt16LE(FILE_HEADER_BYTES, 6);
  header.write("VP80", 8, "latin1");
  header.writeUInt16LE(640, 12); // decoders take the size from the keyframe
  header.writeUInt16LE(360, 14);
  header.writeUInt32LE(90_000, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  return Buffer.concat([
    header,
    ...frames.flatMap((frame, index) => {
      const frameHeader = Buffer.alloc(FRAME_HEADER_BYTES);
      frameHeader.writeUInt32LE(frame.length, 0);
      frameHeader.writeBigUInt64LE(BigInt(times[index] ?? 0), 4);
      return [frameHeader, frame];
    }),
  ]);
}
