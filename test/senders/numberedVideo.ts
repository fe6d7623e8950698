import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PATTERN_INPUT } from "../fidelity/generate.ts";
import { drawFrame, FRAME_RATE } from "../fidelity/pattern.ts";
import { feed, text } from "../fidelity/process.ts";
import { accessUnits, ivfFrames } from "../rtp/frames.ts";
import { nalUnits, type Payloads, vp8Payloads } from "../rtp/payloads.ts";
import { once } from "./once.ts";

/** An encoded frame, in decoding order. */
export interface EncodedFrame {
  /** When it is shown, in frames from the start. */
  shownAt: number;
  /** The payloads of its RTP packets. */
  payloads: readonly Buffer[];
}

const VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "600k", "-lag-in-frames", "0"];
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "600k", "-maxrate", "800k", "-bufsize", "400k"];
const DELIMITED = ["-bsf:v", "h264_mp4toannexb,h264_metadata=aud=insert", "-f", "h264"];
const ACCESS_UNIT_DELIMITER = 9;
const SEI = 6;

/** Frames that carry their number, see test/fidelity/pattern.ts. @param keyEvery frames between two keyframes. */
export function numberedVp8(frames: number, keyEvery: number): Promise<EncodedFrame[]> {
  return once(`VP8 ${frames} ${keyEvery}`, async () =>
    encoded(await inFolder((file) => encode(file("video.ivf"), frames, keyEvery, VP8)), vp8Payloads),
  );
}

export interface H264Options {
  /** Number of B-frames in a row; default 0. */
  bFrames?: number;
  /** Keeps access unit delimiters and SEI in front of every picture. Default: neither. */
  delimiters?: boolean;
}

/** @param payloads cuts a NAL unit stream into RTP payloads. */
export async function numberedH264(
  frames: number,
  keyEvery: number,
  payloads: Payloads,
  { bFrames = 0, delimiters = false }: H264Options = {},
): Promise<EncodedFrame[]> {
  const units = await once(`H264 ${frames} ${keyEvery} ${bFrames}`, () => h264Units(frames, keyEvery, bFrames));
  return units.map(({ shownAt, unit }) => ({ shownAt, payloads: payloads(delimiters ? unit : picturesOnly(unit)) }));
}

/** Access units with delimiters and SEI, in decoding order. */
function h264Units(frames: number, keyEvery: number, bFrames: number): Promise<{ shownAt: number; unit: Buffer }[]> {
  return inFolder(async (file) => {
    const [video, units] = [file("video.mkv"), file("video.h264")];
    const tune = bFrames === 0 ? ["-tune", "zerolatency"] : ["-bf", `${bFrames}`, "-b_strategy", "0"];
    await encode(video, frames, keyEvery, [...H264, ...tune]);
    await text("ffmpeg", ["-v", "error", "-i", video, "-c", "copy", ...DELIMITED, units]);
    const order = await showOrder(video);
    return accessUnits(await readFile(units)).map((unit, index) => ({ shownAt: order[index] ?? index, unit }));
  });
}

/** The number of each packet's frame in presentation order, in the order of the packets. */
async function showOrder(video: string): Promise<number[]> {
  const args = ["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0", video];
  const times = (await text("ffprobe", args)).trim().split("\n").map(Number.parseFloat);
  const first = Math.min(...times);
  return times.map((time) => Math.round((time - first) * FRAME_RATE));
}

function picturesOnly(unit: Buffer): Buffer {
  const kept = nalUnits(unit).filter(([header = 0]) => ![ACCESS_UNIT_DELIMITER, SEI].includes(header & 0x1f));
  return Buffer.concat(kept.flatMap((nal) => [Buffer.of(0, 0, 0, 1), nal]));
}

function encoded(file: Buffer, payloads: Payloads): EncodedFrame[] {
  return ivfFrames(file).map((frame, shownAt) => ({ shownAt, payloads: payloads(frame) }));
}

async function encode(path: string, frames: number, keyEvery: number, codec: readonly string[]): Promise<Buffer> {
  const keys = ["-g", `${keyEvery}`, "-keyint_min", `${keyEvery}`, "-pix_fmt", "yuv420p"];
  await feed("ffmpeg", ["-v", "error", "-y", ...PATTERN_INPUT, ...codec, ...keys, path], pictures(frames));
  return readFile(path);
}

function* pictures(frames: number): Generator<Uint8Array> {
  for (let number = 0; number < frames; number += 1) yield drawFrame(number, false);
}

async function inFolder<T>(work: (file: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "senders-"));
  try {
    return await work((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}
