import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Frame, matroskaFrames } from "./matroskaFrames.ts";
import { CHANNELS, SAMPLE_RATE } from "./mixer.ts";
import type { Size } from "./seats.ts";

/** Live, what cannot be decoded is left out, and nothing waits for what may come. */
const QUIET = ["-hide_banner", "-loglevel", "fatal"];
const INPUT = ["-threads", "1", "-fpsprobesize", "0", "-f", "matroska", "-copyts", "-i", "pipe:0"];
const OUTPUT = ["-filter_threads", "1", "-f", "matroska", "-cluster_size_limit", "1", "-flush_packets", "1", "pipe:1"];

/** Makes pictures of one size, or samples of one rate, of a track, each with its time. Ends with its input. */
export class Decoder implements Disposable {
  readonly frames: AsyncIterable<Frame>;
  readonly #process: ChildProcess;

  /** @param how what is made of the track: `toPictures`, `toSamples`. */
  constructor(how: readonly string[]) {
    this.#process = spawn("ffmpeg", [...QUIET, ...INPUT, ...how, ...OUTPUT], { stdio: ["pipe", "pipe", "inherit"] });
    const { stdin, stdout } = this.#process;
    if (!stdin || !stdout) throw new Error("ffmpeg was not started");
    stdin.on("error", () => undefined); // who reads its frames learns of its end
    this.frames = matroskaFrames(stdout);
  }

  /** Resolves when there is room for more. */
  async feed(bytes: Buffer): Promise<void> {
    const { stdin } = this.#process;
    if (!stdin?.writable || stdin.write(bytes)) return;
    await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
  }

  /** There is no more to come; what was fed is still decoded. */
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
