import { extname } from "node:path";
import type { RecordingFile } from "./manifest.ts";

const CONTAINERS: Readonly<Record<string, string>> = {
  ".webm": "webm",
  ".mp4": "mp4",
  ".mkv": "x-matroska",
  ".m4a": "mp4",
  ".opus": "ogg",
  ".mp3": "mpeg",
  ".wav": "wav",
};

const OTHERS: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".vtt": "text/vtt; charset=utf-8",
  ".jsonl": "application/jsonl; charset=utf-8",
};

/** Content type of preview and chat files. */
export const otherType = (name: string): string => OTHERS[extname(name)] ?? "application/octet-stream";

/** Content type of a recording. */
export function mediaType({ name, streams }: Pick<RecordingFile, "name" | "streams">): string {
  const kind = streams.some((stream) => stream.kind === "video") ? "video" : "audio";
  return `${kind}/${CONTAINERS[extname(name)] ?? "octet-stream"}`;
}
