import { execFile } from "node:child_process";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AudioOutput } from "../plan.ts";
import type { Segment, SegmentIndex } from "./segmentIndex.ts";
import { wavHeader, wavSamples } from "./wav.ts";

const run = promisify(execFile);
/** Per mono channel. Good enough for music and for transcription. */
const OPUS_KBPS = 32;
const SUFFIXES = { opus: "opus", pcm: "wav" } as const;
/** Suffix of incomplete files, which must not be read or uploaded. */
export const UNFINISHED = ".part";

export interface Series extends Pick<AudioOutput, "format" | "segmentSeconds" | "sampleRate"> {
  /** Absolute path. */
  folder: string;
  /** null: the mix of all legs. */
  leg: string | null;
  /** Time of the first sample, Unix milliseconds. */
  startUnixMs: number;
  /** Number of the first segment. */
  number: number;
  /** Length of the audio that is missing before the first segment; 0 for none. */
  gapSeconds: number;
}

interface OpenSegment {
  path: string;
  file: FileHandle;
  samples: number;
}

/** Splits audio into files that join sample-exactly. A file gets its final name when it is complete. */
export class SegmentWriter {
  readonly #series: Series;
  readonly #index: SegmentIndex;
  readonly #onSegment: (segment: Segment) => void;
  #number: number;
  /** Samples in all complete segments. */
  #written = 0;
  #open: OpenSegment | undefined;

  constructor(series: Series, index: SegmentIndex, onSegment: (segment: Segment) => void) {
    this.#series = series;
    this.#index = index;
    this.#onSegment = onSegment;
    this.#number = series.number;
  }

  /** @throws the file system's error, or the encoder's. */
  async write(samples: Float32Array): Promise<void> {
    const segmentSamples = this.#series.segmentSeconds * this.#series.sampleRate;
    for (let at = 0; at < samples.length; ) {
      this.#open ??= await this.#begin();
      const taken = samples.subarray(at, at + segmentSamples - this.#open.samples);
      await this.#open.file.appendFile(wavSamples(taken));
      this.#open.samples += taken.length;
      at += taken.length;
      if (this.#open.samples === segmentSamples) await this.close();
    }
  }

  /** Completes the open segment, even if it is shorter. @throws the file system's error, or the encoder's. */
  async close(): Promise<void> {
    if (!this.#open) return;
    const { path, file, samples } = this.#open;
    const { folder, format, leg, sampleRate, gapSeconds, number: first } = this.#series;
    await file.close();
    // The header was written before the length was known.
    const header = await open(path, "r+");
    await header.write(wavHeader(samples, sampleRate), 0, undefined, 0);
    await header.datasync();
    await header.close();
    const startUnixMs = this.#startUnixMs;
    const name = nameOf(startUnixMs, leg, format);
    await publish(format === "opus" ? await encoded(path) : path, join(folder, name), folder);
    const segment: Segment = {
      file: name,
      ...{ leg, number: this.#number, start: new Date(Math.round(startUnixMs)).toISOString() },
      ...{ seconds: samples / sampleRate, samples, sampleRate },
      ...(this.#number === first && gapSeconds > 0 && { gapSeconds }),
    };
    await this.#index.add(segment);
    this.#written += samples;
    this.#number += 1;
    this.#open = undefined;
    this.#onSegment(segment);
  }

  get #startUnixMs(): number {
    return this.#series.startUnixMs + (1000 * this.#written) / this.#series.sampleRate;
  }

  async #begin(): Promise<OpenSegment> {
    const { folder, leg, sampleRate } = this.#series;
    const path = join(folder, `${nameOf(this.#startUnixMs, leg, "pcm")}${UNFINISHED}`);
    const file = await open(path, "w");
    await file.appendFile(wavHeader(0, sampleRate));
    return { path, file, samples: 0 };
  }
}

/** Names begin with the start time, so they sort by time. */
function nameOf(startUnixMs: number, leg: string | null, format: AudioOutput["format"]): string {
  const time = new Date(Math.round(startUnixMs)).toISOString().replace(/[-:.]/g, "");
  return `${time}-${leg ?? "call"}.${SUFFIXES[format]}`;
}

/** Encodes Ogg Opus (RFC 7845), which stores the exact number of samples. */
async function encoded(wav: string): Promise<string> {
  const opus = `${wav.slice(0, -`.wav${UNFINISHED}`.length)}.opus${UNFINISHED}`;
  const input = ["-v", "error", "-nostdin", "-y", "-f", "wav", "-i", wav];
  await run("ffmpeg", [...input, "-c:a", "libopus", "-b:a", `${OPUS_KBPS}k`, "-f", "ogg", opus]);
  await rm(wav);
  return opus;
}

/** Renames the file once it is synced to disk. */
async function publish(path: string, finalPath: string, folder: string): Promise<void> {
  await syncToDisk(path);
  await rename(path, finalPath);
  await syncToDisk(folder);
}

async function syncToDisk(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
