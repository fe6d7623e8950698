import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { CHANNEL_LAYOUT, SAMPLE_RATE } from "./mixer.ts";
import { outputsOf, PUSH_PIPE } from "./outputs.ts";
import type { Plan } from "./plan.ts";
import { Push } from "./push.ts";

const PICTURES = 3;
const SOUND = 4;
const LOUDEST = 0.95;

/** One ffmpeg process for the whole stream. Input: pictures and audio on one clock. Output: segments. */
export class Encoder {
  readonly #process: ChildProcess;
  readonly #pictures: Writable;
  readonly #sound: Writable;
  readonly #pushes: readonly Push[];
  /** Resolves with ffmpeg's exit code. */
  readonly ended: Promise<number>;

  /**
   * @param folder folder for segments and playlists. An existing playlist is continued.
   * @param report receives events for the log.
   */
  constructor(plan: Plan, folder: string, report: (event: Record<string, unknown>) => void) {
    this.#pushes = plan.pushes.map((target) => new Push(target, report));
    const args = [...inputs(plan), ...codecs(plan), "-f", "tee", outputsOf(plan, folder, existsSync)];
    this.#process = spawn("ffmpeg", args, { stdio: ["ignore", "ignore", "inherit", "pipe", "pipe", "pipe"] });
    this.#pictures = this.#process.stdio[PICTURES] as Writable;
    this.#sound = this.#process.stdio[SOUND] as Writable;
    for (const input of [this.#pictures, this.#sound]) input.on("error", () => undefined); // reported by `ended`
    (this.#process.stdio.at(PUSH_PIPE) as Readable).on("data", (chunk: Buffer) => {
      for (const push of this.#pushes) push.write(chunk);
    });
    this.ended = once(this.#process, "exit").then(([code]) => (code as number | null) ?? 1);
  }

  /** Pictures that wait to be encoded, in bytes. */
  get waitingBytes(): number {
    return this.#pictures.writableLength;
  }

  write(picture: Buffer, sound: Float32Array): void {
    this.#pictures.write(picture);
    this.#sound.write(Buffer.from(sound.buffer, sound.byteOffset, sound.byteLength));
  }

  /** Encodes everything that was written, and closes the playlists. */
  async end(): Promise<number> {
    this.#pictures.end();
    this.#sound.end();
    const code = await this.ended;
    for (const push of this.#pushes) push.close();
    return code;
  }
}

function inputs({ width, height, frameRate }: Plan): string[] {
  const size = `${width}x${height}`;
  // The formats are known. Probing one input for seconds would block the other.
  const known = ["-thread_queue_size", "64", "-probesize", "32", "-analyzeduration", "0", "-fpsprobesize", "0"];
  const pictures = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", size, "-framerate", String(frameRate)];
  const sound = ["-f", "f32le", "-ar", String(SAMPLE_RATE), "-ch_layout", CHANNEL_LAYOUT];
  const quiet = ["-hide_banner", "-loglevel", "warning", "-nostdin", "-nostats"];
  return [...quiet, ...known, ...pictures, "-i", `pipe:${PICTURES}`, ...known, ...sound, "-i", `pipe:${SOUND}`];
}

/** One keyframe per second, only at the beginning of each segment. */
function codecs({ frameRate, videoKbps, audioKbps }: Plan): string[] {
  const rate = ["-b:v", `${videoKbps}k`, "-maxrate", `${videoKbps}k`, "-bufsize", `${videoKbps}k`];
  const keyframes = ["-g", String(frameRate), "-keyint_min", String(frameRate), "-sc_threshold", "0", "-bf", "0"];
  const video = [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-tune",
    "zerolatency",
    "-profile:v",
    "main",
    "-threads",
    "2",
  ];
  const audio = ["-af", `alimiter=limit=${LOUDEST}:level=false`, "-c:a", "aac", "-b:a", `${audioKbps}k`];
  return ["-map", "0:v", "-map", "1:a", ...video, ...keyframes, ...rate, ...audio, "-flags", "+global_header"];
}
