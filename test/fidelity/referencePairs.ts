import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeFrames, decodeSound } from "./decode.ts";
import { findPairs, type Pair } from "./pairs.ts";
import type { ReferenceMedia } from "./reference.ts";
import { CLOCK_RATE, type Kind, writeMedia } from "./sentMedia.ts";
import { median } from "./statistics.ts";

/** The pairs that a receiver of RTP timestamps and sender reports saw, and how much its reports scatter. */
export async function referencePairs(media: Readonly<Record<Kind, ReferenceMedia>>) {
  const folder = await mkdtemp(join(tmpdir(), "fidelity-reference-"));
  try {
    const files = { video: join(folder, "video.ivf"), audio: join(folder, "audio.ogg") };
    await writeMedia(files.video, "video", media.video.frames);
    await writeMedia(files.audio, "audio", media.audio.frames);
    const [video, audio] = [wallOf("video", media.video), wallOf("audio", media.audio)];
    /** What is at 0 in both files lies so far apart on the sender's wall clock. */
    const apartMs = audio.zeroMs - video.zeroMs;
    const pairs = findPairs(
      (await decodeFrames(files.video)).map((frame) => ({ ...frame, seconds: frame.seconds - apartMs / 1000 })),
      await decodeSound(files.audio),
    );
    return { pairs: pairs satisfies Pair[], scatterMs: { video: video.scatterMs, audio: audio.scatterMs } };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** When the first frame was, by the sender's wall clock: the middle of what its reports say. */
function wallOf(kind: Kind, { frames, reports }: ReferenceMedia): { zeroMs: number; scatterMs: number } {
  const first = frames[0]?.rtpTimestamp ?? 0;
  const zeros = reports.map(
    ({ senderMs, rtpTimestamp }) => senderMs - (1000 * ((rtpTimestamp - first) | 0)) / CLOCK_RATE[kind],
  );
  const zeroMs = median(zeros);
  return { zeroMs, scatterMs: median(zeros.map((zero) => Math.abs(zero - zeroMs))) };
}
