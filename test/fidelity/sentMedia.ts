import { writeFile } from "node:fs/promises";
import { ivfFile } from "./ivf.ts";
import { oggOpusFile } from "./oggOpus.ts";

export type Kind = "audio" | "video";

/** RTP clock rates of VP8 and Opus (RFC 7741, RFC 7587). */
export const CLOCK_RATE: Readonly<Record<Kind, number>> = { video: 90_000, audio: 48_000 };

/** An encoded frame that the browser sends. */
export interface SentFrame {
  /** 32 bits. */
  rtpTimestamp: number;
  /** Unix milliseconds, by the sender's clock. */
  atMs: number;
  payload: Buffer;
}

/** Presentation time of each frame, in seconds after the first one, with timestamp wrap-arounds resolved. */
export function mediaTimes(kind: Kind, frames: readonly Pick<SentFrame, "rtpTimestamp">[]): number[] {
  let units = 0;
  return frames.map(({ rtpTimestamp }, index) => {
    const previous = frames[index - 1]?.rtpTimestamp ?? rtpTimestamp;
    units += (rtpTimestamp - previous) | 0;
    return units / CLOCK_RATE[kind];
  });
}

/** Writes frames into a simple file (IVF or Ogg), at their RTP times relative to the first frame. */
export async function writeMedia(path: string, kind: Kind, frames: readonly SentFrame[]): Promise<void> {
  const units = mediaTimes(kind, frames).map((seconds) => Math.round(seconds * CLOCK_RATE[kind]));
  const payloads = frames.map(({ payload }) => payload);
  await writeFile(path, kind === "video" ? ivfFile(payloads, units) : oggOpusFile(payloads, units));
}
