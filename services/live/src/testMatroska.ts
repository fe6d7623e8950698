import { ID } from "./element.ts";

/** Builds elements like ffmpeg, for tests. */
export function element(id: number, content: Buffer, size: number | undefined = content.length): Buffer {
  const idBytes = Buffer.from(id.toString(16).padStart(id > 0xffffff ? 8 : 2, "0"), "hex");
  const sizeBytes = Buffer.alloc(8, 0xff);
  if (size === undefined) sizeBytes[0] = 0x01;
  else sizeBytes.writeBigUInt64BE((1n << 56n) | BigInt(size));
  return Buffer.concat([idBytes, sizeBytes, content]);
}

export function block(relativeMs: number, isKeyframe: boolean, data: Buffer): Buffer {
  const header = Buffer.from([0x81, 0, 0, isKeyframe ? 0x80 : 0]);
  header.writeInt16BE(relativeMs, 1);
  return element(ID.simpleBlock, Buffer.concat([header, data]));
}

export function cluster(ms: number, ...blocks: Buffer[]): Buffer {
  const timestamp = Buffer.alloc(4);
  timestamp.writeUInt32BE(ms);
  return element(ID.cluster, Buffer.concat([element(ID.timestamp, timestamp), ...blocks]));
}

const EBML = 0x1a45dfa3;
const INFO = 0x1549a966;

/** Everything before the first cluster. The segment has an unknown size. */
export const head = (): Buffer =>
  Buffer.concat([
    element(EBML, Buffer.from("matroska")),
    element(ID.segment, Buffer.alloc(0)).fill(0xff, 5, 12).fill(0x01, 4, 5),
    element(INFO, Buffer.alloc(20)),
  ]);
