import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBeeps } from "./beeps.ts";
import { decodeFrames, decodeSound } from "./decode.ts";
import { findPairs } from "./pairs.ts";
import type { ReferenceMedia } from "./reference.ts";
import { senderWall } from "./senderWall.ts";
import { type Kind, writeMedia } from "./sentMedia.ts";

/** The pairs of the reference receiver, and the scatter and the steps of its sender reports. */
export async function referencePairs(media: Readonly<Record<Kind, ReferenceMedia>>) {
  const folder = await mkdtemp(join(tmpdir(), "fidelity-reference-"));
  try {
    const files = { video: join(folder, "video.ivf"), audio: join(folder, "audio.ogg") };
    await writeMedia(files.video, "video", media.video.frames);
    await writeMedia(files.audio, "audio", media.audio.frames);
    const wall = {
      video: senderWall("video", media.video.frames, media.video.reports),
      audio: senderWall("audio", media.audio.frames, media.audio.reports),
    };
    const beganMs = wall.video.at(0);
    const seconds = (kind: Kind, inFile: number) => (wall[kind].at(inFile) - beganMs) / 1000;
    const frames = await decodeFrames(files.video);
    const beeps = findBeeps(await decodeSound(files.audio));
    const pairs = findPairs(
      frames.map((frame) => ({ ...frame, seconds: seconds("video", frame.seconds) })),
      beeps.map((beep) => seconds("audio", beep)),
    );
    return {
      pairs,
      scatterMs: { video: wall.video.scatterMs, audio: wall.audio.scatterMs },
      steps: wall.video.steps + wall.audio.steps,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
