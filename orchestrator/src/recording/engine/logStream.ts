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

export interface LogLine {
  /** The engine's time of the line, RFC 3339 with nine decimals. */
  at: string;
  text: string;
}

/** The lines of stdout in a log with timestamps that arrives in chunks. */
export async function* stdoutLines(chunks: AsyncIterable<Buffer>): AsyncIterable<LogLine> {
  const decoder = new TextDecoder();
  let raw: Buffer = Buffer.alloc(0);
  let text = "";
  for await (const chunk of chunks) {
    raw = Buffer.concat([raw, chunk]);
    while (raw.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + raw.readUInt32BE(4);
      if (raw.length < end) break;
      if (raw.readUInt8(0) === STDOUT) text += decoder.decode(raw.subarray(HEADER_BYTES, end), { stream: true });
      raw = raw.subarray(end);
    }
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) yield logLine(line);
  }
  if (text !== "") yield logLine(text);
}

function logLine(line: string): LogLine {
  const at = line.indexOf(" ");
  return { at: line.slice(0, at), text: line.slice(at + 1) };
}

/** For the engine's parameter `since`: seconds with nine decimals. */
export function unixSeconds(at: string): string {
  const decimals = /\.([0-9]{9})/.exec(at)?.[1] ?? "0";
  return `${Math.floor(Date.parse(at) / 1000)}.${decimals}`;
}
