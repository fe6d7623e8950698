import { TRANSCODER_IMAGE } from "../bundle/settings.ts";
import { output } from "../fidelity/process.ts";
import { accessUnits, ivfFrames, opusPackets } from "./frames.ts";

export interface VideoOptions {
  frames: number;
  /** Default 320x240. */
  size?: string;
  /** Bit rate of VP8 in kbit/s; default 300. */
  kbps?: number;
  /** Frames between keyframes; by default only the first frame is a keyframe. */
  keyEvery?: number;
}

const FRAME_RATE = 30;
const NEVER = 1_000_000;

/** Encoded with the ffmpeg of the transcoder image, so that the host needs none. */
export async function vp8Frames(options: VideoOptions): Promise<Buffer[]> {
  const rate = ["-b:v", `${options.kbps ?? 300}k`];
  const codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", ...rate, "-auto-alt-ref", "0"];
  return ivfFrames(await encode([...picture(options), ...codec, "-lag-in-frames", "0", "-f", "ivf"]));
}

export async function vp9Frames(options: VideoOptions): Promise<Buffer[]> {
  const codec = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k"];
  return ivfFrames(await encode([...picture(options), ...codec, "-lag-in-frames", "0", "-f", "ivf"]));
}

/** Access units with delimiters, as phone cameras encode them. */
export async function h264Frames(options: VideoOptions & { profile: "baseline" | "high" }): Promise<Buffer[]> {
  const codec = ["-c:v", "libx264", "-profile:v", options.profile, "-preset", "ultrafast", "-tune", "zerolatency"];
  const delimited = ["-bsf:v", "h264_metadata=aud=insert", "-f", "h264"];
  return accessUnits(await encode([...picture(options), ...codec, "-pix_fmt", "yuv420p", ...delimited]));
}

export interface OrderedFrame {
  frame: Buffer;
  /** Its position in the order in which frames are shown, from 0. */
  shown: number;
}

/** Access units with frames that depend on later ones, in the order of decoding. */
export async function h264FramesWithB(bFrames: number, options: VideoOptions): Promise<OrderedFrame[]> {
  const depending = ["-bf", `${bFrames}`, "-b_strategy", "0"];
  const codec = ["-c:v", "libx264", "-preset", "veryfast", ...depending, "-pix_fmt", "yuv420p"];
  const encoded = [...picture(options), ...codec, "-threads", "1", "-bsf:v", "h264_metadata=aud=insert"];
  const frames = accessUnits(await encode([...encoded, "-f", "h264"]));
  const listed = (await encode([...encoded, "-f", "framecrc"])).toString().split("\n");
  // Columns: stream, decoding time, presentation time, …
  const times = listed.filter((line) => line.startsWith("0,")).map((line) => Number(line.split(",")[2]));
  return frames.map((frame, index) => ({ frame, shown: times[index] ?? Number.NaN }));
}

/** Opus frames of a tone, 20 ms each. */
export async function opusFrames(count: number): Promise<Buffer[]> {
  const tone = `sine=frequency=440:sample_rate=48000:duration=${count / 50}`;
  const codec = ["-c:a", "libopus", "-b:a", "32k", "-ac", "2", "-f", "ogg"];
  return opusPackets(await encode(["-f", "lavfi", "-i", tone, ...codec]));
}

/** 20 ms of G.711 silence. */
export const PCMU_SILENCE = Buffer.alloc(160, 0xff);

function picture({ frames, size = "320x240", keyEvery = NEVER }: VideoOptions): string[] {
  const source = `testsrc2=size=${size}:rate=${FRAME_RATE}`;
  return ["-f", "lavfi", "-i", source, "-frames:v", `${frames}`, "-g", `${keyEvery}`, "-keyint_min", `${keyEvery}`];
}

async function encode(args: string[]): Promise<Buffer> {
  const command = ["run", "--rm", "--network", "none", TRANSCODER_IMAGE, "ffmpeg", "-v", "error", ...args, "-"];
  const chunks: Buffer[] = [];
  for await (const chunk of output("docker", command)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
