import type { ContainerOutput } from "./engine.ts";

const HEADER_BYTES = 8;
const STDOUT = 1;
const STDERR = 2;

/** Docker Engine API, "Attach to a container", stream format: type, three zero bytes, length, payload. */
export function demultiplex(raw: Buffer): ContainerOutput {
  const streams: Record<number, Buffer[]> = { [STDOUT]: [], [STDERR]: [] };
  for (let at = 0; at + HEADER_BYTES <= raw.length; ) {
    const length = raw.readUInt32BE(at + 4);
    streams[raw.readUInt8(at)]?.push(raw.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length));
    at += HEADER_BYTES + length;
  }
  const text = (type: number) => Buffer.concat(streams[type] ?? []).toString("utf8");
  return { stdout: text(STDOUT), stderr: text(STDERR) };
}
