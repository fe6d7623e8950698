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

/** What a browser is told that a recording is. */
export function mediaType({ name, streams }: Pick<RecordingFile, "name" | "streams">): string {
  const kind = streams.some((stream) => stream.kind === "video") ? "video" : "audio";
  return `${kind}/${CONTAINERS[extname(name)] ?? "octet-stream"}`;
}
