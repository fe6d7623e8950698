import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

export interface Download extends AsyncDisposable {
  readonly path: string;
}

/** Downloads a file from the API; the copy is deleted at the end of its scope (`await using`). */
export async function download(url: string): Promise<Download> {
  const response = await fetch(url);
  if (response.status !== 200 || !response.body) throw new Error(`${url} answered ${response.status}`);
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const path = join(folder, "recording.webm");
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(path));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
