import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SAMPLE_RATE } from "./decode.ts";
import {
  BEEP_HERTZ,
  drawFrame,
  FLASH_EVERY_FRAMES,
  FLASH_FRAMES,
  FLASH_PERIOD_SECONDS,
  FLASH_SECONDS,
  FRAME_RATE,
  HEIGHT,
  WIDTH,
} from "./pattern.ts";
import { feed, text } from "./process.ts";

const RAW = ["-f", "rawvideo", "-pix_fmt", "gray"];
/** ffmpeg's options for pictures of the pattern on stdin, see `drawFrame`. */
export const PATTERN_INPUT: readonly string[] = [...RAW, "-s", `${WIDTH}x${HEIGHT}`, "-r", `${FRAME_RATE}`, "-i", "-"];

/** Deliberate faults of a file. */
export interface Faults {
  /** Delay of the sound after the picture; negative for earlier sound. */
  soundLateMs?: number;
  /** How much slower the sound is than the picture, in parts per million. */
  soundSlowPpm?: number;
  /** Numbers of the frames that are left out; the others keep their times. */
  dropped?: ReadonlySet<number>;
}

/** Writes a recording of the pattern with known properties, VP8 and Opus in WebM. */
export async function generate(path: string, seconds: number, faults: Faults = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fidelity-"));
  try {
    const [video, sound] = [join(folder, "video.webm"), join(folder, "sound.webm")];
    await generateVideo(video, seconds, faults.dropped ?? new Set());
    await generateSound(sound, seconds, faults.soundSlowPpm ?? 0);
    const late = `${(faults.soundLateMs ?? 0) / 1000}`;
    const inputs = ["-i", video, "-itsoffset", late, "-i", sound];
    await text("ffmpeg", ["-v", "error", "-y", ...inputs, "-map", "0", "-map", "1", "-c", "copy", path]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function generateVideo(path: string, seconds: number, dropped: ReadonlySet<number>): Promise<void> {
  const kept = [...dropped].map((number) => `not(eq(n,${number}))`).join("*") || "1";
  const filter = ["-vf", `select='${kept}'`, "-fps_mode", "passthrough"];
  const codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "600k"];
  await feed("ffmpeg", ["-v", "error", "-y", ...PATTERN_INPUT, ...filter, ...codec, path], pictures(seconds));
}

function* pictures(seconds: number): Generator<Uint8Array> {
  for (let number = 0; number < seconds * FRAME_RATE; number += 1) {
    yield drawFrame(number, number % FLASH_EVERY_FRAMES < FLASH_FRAMES && number >= FLASH_EVERY_FRAMES);
  }
}

async function generateSound(path: string, seconds: number, slowPpm: number): Promise<void> {
  const input = ["-f", "f32le", "-ar", `${SAMPLE_RATE}`, "-ac", "1", "-i", "-"];
  await feed(
    "ffmpeg",
    ["-v", "error", "-y", ...input, "-c:a", "libopus", "-b:a", "64k", path],
    beeps(seconds, slowPpm),
  );
}

function* beeps(seconds: number, slowPpm: number): Generator<Uint8Array> {
  const period = FLASH_PERIOD_SECONDS * (1 + slowPpm / 1e6);
  for (let second = 0; second < seconds; second += 1) {
    const samples = new Float32Array(SAMPLE_RATE);
    samples.forEach((_, index) => {
      const at = second + index / SAMPLE_RATE;
      const phase = at % period;
      if (at >= period && phase < FLASH_SECONDS) samples[index] = 0.5 * Math.sin(2 * Math.PI * BEEP_HERTZ * phase);
    });
    yield new Uint8Array(samples.buffer);
  }
}
