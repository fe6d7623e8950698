import { HEIGHT, readFrame, type SeenFrame, WIDTH } from "./pattern.ts";
import { output, text } from "./process.ts";

export const SAMPLE_RATE = 48_000;

export interface TimedFrame extends SeenFrame {
  seconds: number;
}

/**
 * Every video frame of a file with its own timestamp; no frame is dropped or repeated to fit a frame rate.
 *
 * @param part of the picture to read, in the syntax of ffmpeg's crop filter; all of it by default.
 */
export async function decodeFrames(path: string, part?: string): Promise<TimedFrame[]> {
  const times = await pictureTimes(path);
  const filter = `${part ? `crop=${part},` : ""}scale=${WIDTH}:${HEIGHT}:flags=area,format=gray`;
  const args = [
    "-v",
    "error",
    "-i",
    path,
    "-map",
    "0:v:0",
    "-fps_mode",
    "passthrough",
    "-vf",
    filter,
    "-f",
    "rawvideo",
    "-",
  ];
  const frames: TimedFrame[] = [];
  const picture = Buffer.alloc(WIDTH * HEIGHT);
  let filled = 0;
  for await (const chunk of output("ffmpeg", args)) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.copy(picture, filled, at);
      at += taken;
      filled = (filled + taken) % picture.length;
      if (filled === 0) frames.push({ ...readFrame(picture), seconds: times[frames.length] ?? Number.NaN });
    }
  }
  return frames;
}

/**
 * A file's sound as mono samples from its time zero; gaps are silence.
 *
 * @param channel the only channel to decode, counted from 0; all channels by default.
 */
export async function decodeSound(path: string, channel?: number): Promise<Float32Array> {
  const side = channel === undefined ? "" : `pan=mono|c0=c${channel},`;
  const filter = `${side}aresample=async=1:first_pts=0:min_hard_comp=0.02`;
  const args = ["-v", "error", "-i", path, "-map", "0:a:0", "-af", filter, "-ac", "1", "-ar", `${SAMPLE_RATE}`];
  const chunks: Buffer[] = [];
  for await (const chunk of output("ffmpeg", [...args, "-f", "f32le", "-"])) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
}

/** Presentation times of decodable frames; packets before the first keyframe produce no picture. */
async function pictureTimes(path: string): Promise<number[]> {
  const args = ["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts_time", "-of", "csv=p=0", path];
  return (await text("ffprobe", args))
    .split("\n")
    .map((line) => Number.parseFloat(line))
    .filter((time) => Number.isFinite(time));
}

/** Presentation times of a stream's packets, in seconds, in presentation order. */
export async function packetTimes(path: string, stream: string): Promise<number[]> {
  const args = ["-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0", path];
  const lines = (await text("ffprobe", args)).split("\n");
  return lines
    .map((line) => Number.parseFloat(line))
    .filter((time) => Number.isFinite(time))
    .sort((a, b) => a - b);
}
