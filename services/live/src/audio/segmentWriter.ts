import { execFile } from "node:child_process";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AudioOrder } from "../plan.ts";
import type { Segment, SegmentIndex } from "./segmentIndex.ts";
import { wavHeader, wavSamples } from "./wav.ts";

const run = promisify(execFile);
/** Of one voice: good enough for music, and for who transcribes it. */
const OPUS_KBPS = 32;
const SUFFIXES = { opus: "opus", pcm: "wav" } as const;
/** Not to be read, nor uploaded: what has another name is complete. */
export const UNFINISHED = ".part";

export interface Series extends Pick<AudioOrder, "format" | "segmentSeconds" | "sampleRate"> {
  /** Absolute. */
  folder: string;
  /** null: everybody's sound. */
  leg: string | null;
  /** Of the first sample, Unix milliseconds. */
  startUnixMs: number;
  /** Of the first segment. */
  number: number;
  /** What is missing before it; 0 for nothing. */
  gapSeconds: number;
}

interface OpenSegment {
  path: string;
  file: FileHandle;
  samples: number;
}

/** Cuts sound into files that join to the sample, each complete before it has its name. */
export class SegmentWriter {
  readonly #series: Series;
  readonly #index: SegmentIndex;
  readonly #onSegment: (segment: Segment) => void;
  #number: number;
  /** Samples of the segments that are complete. */
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
    const whole = this.#series.segmentSeconds * this.#series.sampleRate;
    for (let at = 0; at < samples.length; ) {
      this.#open ??= await this.#begin();
      const taken = samples.subarray(at, at + whole - this.#open.samples);
      await this.#open.file.appendFile(wavSamples(taken));
      this.#open.samples += taken.length;
      at += taken.length;
      if (this.#open.samples === whole) await this.close();
    }
  }

  /** What there is of the last segment is a segment. @throws the file system's error, or the encoder's. */
  async close(): Promise<void> {
    if (!this.#open) return;
    const { path, file, samples } = this.#open;
    const { folder, format, leg, sampleRate, gapSeconds, number: first } = this.#series;
    await file.close();
    // The head that it was begun with does not know how long it is.
    const header = await open(path, "r+");
    await header.write(wavHeader(samples, sampleRate), 0, undefined, 0);
    await header.datasync();
    await header.close();
    const startUnixMs = this.#startUnixMs;
    const name = nameOf(startUnixMs, leg, format);
    await keep(format === "opus" ? await encoded(path) : path, join(folder, name), folder);
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

/** By the time at which it begins, whoever's it is: names sort as they happened. */
function nameOf(startUnixMs: number, leg: string | null, format: AudioOrder["format"]): string {
  const time = new Date(Math.round(startUnixMs)).toISOString().replace(/[-:.]/g, "");
  return `${time}-${leg ?? "call"}.${SUFFIXES[format]}`;
}

/** Ogg Opus (RFC 7845), which says how many samples are its own: as many as before. */
async function encoded(wav: string): Promise<string> {
  const opus = `${wav.slice(0, -`.wav${UNFINISHED}`.length)}.opus${UNFINISHED}`;
  const input = ["-v", "error", "-nostdin", "-y", "-f", "wav", "-i", wav];
  await run("ffmpeg", [...input, "-c:a", "libopus", "-b:a", `${OPUS_KBPS}k`, "-f", "ogg", opus]);
  await rm(wav);
  return opus;
}

/** Renamed only when all of it is on the disk. */
async function keep(path: string, kept: string, folder: string): Promise<void> {
  await synced(path);
  await rename(path, kept);
  await synced(folder);
}

async function synced(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
