import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Frame, matroskaFrames } from "./matroskaFrames.ts";
import { CHANNELS, SAMPLE_RATE } from "./mixer.ts";
import type { Size } from "./tileGrid.ts";

/** Live mode: data that cannot be decoded is skipped, and nothing waits for later data. */
const QUIET = ["-hide_banner", "-loglevel", "fatal"];
const INPUT = ["-threads", "1", "-fpsprobesize", "0", "-f", "matroska", "-copyts", "-i", "pipe:0"];
const OUTPUT = ["-filter_threads", "1", "-f", "matroska", "-cluster_size_limit", "1", "-flush_packets", "1", "pipe:1"];

/** Decodes a track to pictures of one size or samples of one rate, with timestamps. Ends when its input ends. */
export class Decoder implements Disposable {
  readonly frames: AsyncIterable<Frame>;
  readonly #process: ChildProcess;

  /** @param format ffmpeg output options: `toPictures` or `toSamples`. */
  constructor(format: readonly string[]) {
    this.#process = spawn("ffmpeg", [...QUIET, ...INPUT, ...format, ...OUTPUT], { stdio: ["pipe", "pipe", "inherit"] });
    const { stdin, stdout } = this.#process;
    if (!stdin || !stdout) throw new Error("ffmpeg was not started");
    stdin.on("error", () => undefined); // the reader of `frames` sees the end
    this.frames = matroskaFrames(stdout);
  }

  /** Resolves when there is room for more. */
  async feed(bytes: Buffer): Promise<void> {
    const { stdin } = this.#process;
    if (!stdin?.writable || stdin.write(bytes)) return;
    await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
  }

  /** Ends the input. Data that was fed before is still decoded. */
  end(): void {
    this.#process.stdin?.end();
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}

export function toPictures({ width, height }: Size): string[] {
  const fit = `scale=w=${width}:h=${height}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=bilinear`;
  const border = `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`; // black
  const filters = `${fit},${border},setsar=1,format=yuv420p`;
  return ["-map", "0:v:0", "-vf", filters, "-fps_mode", "passthrough", "-enc_time_base", "demux", "-c:v", "rawvideo"];
}

export function toSamples(sampleRate = SAMPLE_RATE, channels = CHANNELS): string[] {
  const format = ["-ar", String(sampleRate), "-ac", String(channels), "-c:a", "pcm_f32le"];
  return ["-map", "0:a:0", ...format];
}
