import { vp8Payloads } from "../rtp/payloads.ts";
import { opusFrames, vp8Frames } from "../rtp/samples.ts";

export const FRAME_RATE = 30;
const SECONDS = 2;
const PACKETS_PER_SECOND = 50;

/** Encoded once and sent repeatedly by every caller, because 20 browsers would need a larger host. */
export interface EncodedMedia {
  /** Payloads of each frame; the first and every 30th is a keyframe. */
  readonly video: readonly (readonly Buffer[])[];
  /** Audio payloads of 20 ms each. */
  readonly audio: readonly Buffer[];
}

/** @param video its size, and its bit rate in kbit/s. */
export async function encodeMedia(video = { size: "160x120", kbps: 300 }): Promise<EncodedMedia> {
  const [frames, audio] = await Promise.all([
    vp8Frames({ ...video, frames: SECONDS * FRAME_RATE, keyEvery: FRAME_RATE }),
    opusFrames(SECONDS * PACKETS_PER_SECOND),
  ]);
  return { video: frames.map(vp8Payloads), audio };
}
