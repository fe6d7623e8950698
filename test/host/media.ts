import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { opusFrames, vp8Frames } from "../rtp/samples.ts";
import { WORK } from "./settings.ts";

/** Two seconds at 50 frames per second, with a keyframe per second, because no encoder can make one on request. */
const FRAMES = 100;
const KEY_EVERY = 50;

const Media = z.object({ video: z.array(z.base64()), audio: z.array(z.base64()) });

/** Writes the callers' media into the host's folder, where the callers read it. */
export async function makeMedia(): Promise<void> {
  const [video, audio] = await Promise.all([vp8Frames({ frames: FRAMES, keyEvery: KEY_EVERY }), opusFrames(FRAMES)]);
  const media = { video: video.map(inBase64), audio: audio.map(inBase64) };
  await writeFile(join(WORK, "media.json"), JSON.stringify(media));
}

export function readMedia(json: unknown): { video: Buffer[]; audio: Buffer[] } {
  const { video, audio } = Media.parse(json);
  const decoded = (frames: string[]) => frames.map((frame) => Buffer.from(frame, "base64"));
  return { video: decoded(video), audio: decoded(audio) };
}

const inBase64 = (frame: Buffer): string => frame.toString("base64");
