import { writeFile } from "node:fs/promises";
import { ivfFile } from "./ivf.ts";
import { oggOpusFile } from "./oggOpus.ts";

export type Kind = "audio" | "video";

/** Units of RTP timestamps in a second: VP8 and Opus (RFC 7741, RFC 7587). */
export const CLOCK_RATE: Readonly<Record<Kind, number>> = { video: 90_000, audio: 48_000 };

/** An encoded frame on its way out. */
export interface SentFrame {
  /** 32 bits. */
  rtpTimestamp: number;
  /** Unix milliseconds, by the sender's clock. */
  atMs: number;
  payload: Buffer;
}

/** When each frame is to be shown, in seconds after the first of them, across wraps of the timestamp. */
export function mediaTimes(kind: Kind, frames: readonly Pick<SentFrame, "rtpTimestamp">[]): number[] {
  let units = 0;
  return frames.map(({ rtpTimestamp }, index) => {
    const previous = frames[index - 1]?.rtpTimestamp ?? rtpTimestamp;
    units += (rtpTimestamp - previous) | 0;
    return units / CLOCK_RATE[kind];
  });
}

/** Writes frames into a file of the simplest kind, at their RTP times counted from the first. */
export async function writeMedia(path: string, kind: Kind, frames: readonly SentFrame[]): Promise<void> {
  const units = mediaTimes(kind, frames).map((seconds) => Math.round(seconds * CLOCK_RATE[kind]));
  const payloads = frames.map(({ payload }) => payload);
  await writeFile(path, kind === "video" ? ivfFile(payloads, units) : oggOpusFile(payloads, units));
}
