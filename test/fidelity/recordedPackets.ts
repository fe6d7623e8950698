import { createHash } from "node:crypto";
import { text } from "./process.ts";
import type { Kind } from "./sentMedia.ts";

/** One packet of a file, identified by a hash of its content. */
export interface RecordedPacket {
  seconds: number;
  hash: string;
}

/** A file's audio or video packets, in order. */
export async function recordedPackets(path: string, kind: Kind): Promise<RecordedPacket[]> {
  const stream = { video: "0:v:0?", audio: "0:a:0?" }[kind];
  const lines = await text("ffmpeg", ["-v", "error", "-i", path, "-map", stream, "-c", "copy", "-f", "framemd5", "-"]);
  const timeBase = /^#tb 0: (\d+)\/(\d+)/m.exec(lines);
  const unit = Number(timeBase?.[1]) / Number(timeBase?.[2]);
  return lines
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(/,\s*/))
    .map(([, , time, , , hash = ""]) => ({ seconds: Number(time) * unit, hash }));
}

export function hashOf(payload: Buffer): string {
  return createHash("md5").update(payload).digest("hex");
}
