import { rm } from "node:fs/promises";
import { relative } from "node:path";
import { z } from "zod";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import type { Library } from "../../archive/library/library.ts";
import type { Preview, RecordingFile } from "../../archive/library/manifest.ts";
import { PREVIEW_IMAGES, type PreviewImage } from "../../archive/library/paths.ts";
import type { Storage } from "../../archive/library/storage.ts";
import { RecorderError } from "../../errors.ts";
import type { CallId, JobId } from "../../ids.ts";
import type { JobAtWork, JobKind, RetrySchedule } from "../jobs/jobKind.ts";
import { type JobWork, mustSucceed } from "../jobs/jobWork.ts";
import { previewedFiles } from "./previewedFiles.ts";
import { type ThumbnailSheet, thumbnailSheet, thumbnailTrack } from "./thumbnailSheet.ts";

export const PreviewOrder = z.object({
  /** Name of the recording or film. */
  file: z.string(),
});
export type PreviewOrder = z.infer<typeof PreviewOrder>;

/** Temporary errors of the engine or the volume pass within minutes; other errors will not go away. */
const RETRIES: RetrySchedule = { attempts: 4, firstPauseMs: 5_000, lastPauseMs: 5 * 60_000 };
/** Keyframes and sound are decoded many times faster than they play. */
const LIMIT_FACTOR = 2;
const LEAST_LIMIT_MS = 15 * 60_000;
/** Position of the poster as a share of the duration; the first seconds of a call rarely make a good picture. */
const POSTER_AT = 0.1;

interface PreviewRooms {
  calls: CallBook;
  library: Library;
  storage: Pick<Storage, "check">;
}

/** Creates a poster, thumbnails and a waveform of a recording or a film, in the call's folder. */
export class PreviewKind implements JobKind<PreviewOrder> {
  readonly name = "preview";
  readonly order = PreviewOrder;
  readonly load = "heavy";
  readonly retries = RETRIES;
  readonly #rooms: PreviewRooms;

  constructor(rooms: PreviewRooms) {
    this.#rooms = rooms;
  }

  async run({ id, callId, order }: JobAtWork<PreviewOrder>, work: JobWork): Promise<void> {
    const { calls, library, storage } = this.#rooms;
    const { paths } = library;
    const manifest = await calls.get(callId);
    const file = manifest && previewedFiles(manifest).find(({ name }) => name === order.file);
    if (!file) throw new RecorderError("FILE_NOT_FOUND", `${order.file} does not exist any more`);
    await storage.check();
    const sheet = thumbnailSheet(file.durationSeconds);
    const input = relative(paths.root, paths.recording(callId, file.name));
    await writeAtomically(paths.plan(id), `${planLines(input, file, sheet).join("\n")}\n`);
    const limitMs = LEAST_LIMIT_MS + LIMIT_FACTOR * file.durationSeconds * 1000;
    mustSucceed(await work.container({ command: ["preview", id], limitMs }));
    const preview = await this.#keep(id, callId, file, sheet);
    await calls.recordPreview(callId, file.name, preview);
    await this.clean({ id });
    work.log.info({ file: file.name, ...preview }, "preview ready");
  }

  async clean({ id }: Pick<JobAtWork<PreviewOrder>, "id">): Promise<void> {
    const { paths } = this.#rooms.library;
    const made = PREVIEW_IMAGES.map((image) => paths.composed(id, image));
    for (const path of [paths.plan(id), ...made]) await rm(path, { force: true });
  }

  async #keep(job: JobId, callId: CallId, file: RecordingFile, sheet: ThumbnailSheet): Promise<Preview> {
    const { library } = this.#rooms;
    const keep = (image: PreviewImage) => library.keepPreview(job, callId, file.name, image);
    const preview: Preview = {};
    if (has(file, "video")) {
      preview.poster = await keep("poster.jpg");
      const image = await keep("thumbnails.jpg");
      const track = await library.keepThumbnailTrack(
        callId,
        file.name,
        thumbnailTrack(sheet, file.durationSeconds, image),
      );
      preview.thumbnails = { image, track };
    }
    if (has(file, "audio")) preview.waveform = await keep("waveform.png");
    return preview;
  }
}

/** See services/transcoder/preview. */
function planLines(input: string, file: RecordingFile, sheet: ThumbnailSheet): string[] {
  const lines = [`input=${input}`];
  if (has(file, "video")) {
    lines.push(`poster=${(file.durationSeconds * POSTER_AT).toFixed(3)}`);
    lines.push(`thumbnails=${sheet.intervalSeconds},${sheet.columns},${sheet.rows}`);
    if (sheet.ofKeyframes) lines.push("keyframes=yes");
  }
  if (has(file, "audio")) lines.push("waveform=yes");
  return lines;
}

const has = ({ streams }: RecordingFile, wanted: "audio" | "video"): boolean =>
  streams.some(({ kind }) => kind === wanted);
