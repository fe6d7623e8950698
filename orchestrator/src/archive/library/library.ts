import { constants } from "node:fs";
import { access, mkdir, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { RecorderError } from "../../errors.ts";
import { type CallId, isCallId, type JobId, type LegId, type RecorderId, timeOf } from "../../ids.ts";
import { syncFolder, writeAtomically } from "./atomicFile.ts";
import { Manifest, type RecordingFile } from "./manifest.ts";
import {
  filmName,
  isSeparateTrack,
  isTrack,
  type Paths,
  type PreviewImage,
  previewName,
  recorderIdOfFile,
  recordingName,
  trackName,
} from "./paths.ts";
import { filesBelow, type Removal, removeFiles } from "./removal.ts";
import { verify, verifyTrack } from "./verify.ts";

/** A file in the spool, and where it belongs. */
export interface Assembled {
  recorderId: RecorderId;
  callId: CallId;
  legId: LegId;
  format: string;
  /** Which of the leg's files it is, from 1: the first where it is missing. */
  number?: number;
}

/** The recordings volume: manifests and recordings of calls, and the spool where they come from. */
export class Library {
  readonly paths: Paths;
  readonly #log: Logger;
  readonly #unreadable = new Set<CallId>();
  /** A write has failed. A disk that is gone still says that it may be written, and how much is free. */
  #isInDoubt = false;

  constructor(paths: Paths, log: Logger) {
    this.paths = paths;
    this.#log = log;
  }

  async writeManifest(manifest: Manifest): Promise<void> {
    try {
      await mkdir(this.paths.call(manifest.id), { recursive: true });
      await writeAtomically(this.paths.manifest(manifest.id), `${JSON.stringify(manifest, null, 2)}\n`);
    } catch (error) {
      this.#isInDoubt = true;
      throw error;
    }
  }

  /** @returns undefined when there is none, or one that cannot be read; the log says so once. */
  async readManifest(id: CallId): Promise<Manifest | undefined> {
    const path = this.paths.manifest(id);
    try {
      return Manifest.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing && !this.#unreadable.has(id)) this.#log.error({ callId: id, path, err: error }, "not a manifest");
      if (!isMissing) this.#unreadable.add(id);
      return undefined;
    }
  }

  /**
   * Takes a file home: verifies it in the spool and moves it into its call's folder. The tracks that it was made of
   * stay until `clearSpool`. What fails its verification stays where it is.
   *
   * @param probed what ffprobe printed about it.
   * @throws RecorderError NOT_VERIFIED, or the file system's error.
   */
  async keep({ recorderId, callId, legId, format, number }: Assembled, probed: string): Promise<RecordingFile> {
    const spooled = this.paths.assembled(recorderId, format);
    const file = await verify(spooled, recordingName(legId, format, number), probed);
    await this.#moveToCall(callId, spooled, file.name);
    return file;
  }

  /**
   * Takes the files of single tracks home, in the same way; `probed` is about the file of all tracks.
   *
   * @throws RecorderError NOT_VERIFIED, or the file system's error.
   */
  async keepTracks(assembled: Assembled, probed: string): Promise<RecordingFile[]> {
    const { recorderId, callId, legId, format, number } = assembled;
    const kept: RecordingFile[] = [];
    for (const kind of ["audio", "video"] as const) {
      const spooled = this.paths.assembledTrack(recorderId, kind, format);
      const file = await verifyTrack(spooled, trackName(legId, kind, format, number), kind, probed);
      if (!file) continue;
      await this.#moveToCall(callId, spooled, file.name);
      kept.push(file);
    }
    return kept;
  }

  /**
   * Takes a film home, in the same way. One that was there before is gone then.
   *
   * @throws RecorderError NOT_VERIFIED, or the file system's error.
   */
  async keepFilm(job: JobId, callId: CallId, format: string, probed: string): Promise<RecordingFile> {
    const spooled = this.paths.composed(job, format);
    const file = await verify(spooled, filmName(format), probed);
    await this.#moveToCall(callId, spooled, file.name);
    return file;
  }

  /**
   * Takes one image of a preview home. One that was there before is gone then.
   *
   * @param file name of the recording or film that it is of.
   * @returns its name.
   * @throws RecorderError NOT_VERIFIED, or the file system's error.
   */
  async keepPreview(job: JobId, callId: CallId, file: string, image: PreviewImage): Promise<string> {
    const spooled = this.paths.composed(job, image);
    const { size } = await stat(spooled).catch(() => ({ size: 0 }));
    if (size === 0) throw new RecorderError("NOT_VERIFIED", `there is no ${image}`);
    const name = previewName(file, image);
    await this.#moveToCall(callId, spooled, name);
    return name;
  }

  /** Writes which thumbnail is shown when. @returns the name of the file. */
  async keepThumbnailTrack(callId: CallId, file: string, track: string): Promise<string> {
    const name = previewName(file, "thumbnails.vtt");
    await writeAtomically(this.paths.recording(callId, name), track);
    return name;
  }

  /** Tells a recorder what to make of its tracks, in lines. */
  async leaveOrder(recorder: RecorderId, lines: readonly string[]): Promise<void> {
    await writeAtomically(this.paths.order(recorder), `${lines.join("\n")}\n`);
  }

  /** Recorders of which something is in the spool, each with the size of it in bytes. */
  async spooled(): Promise<Map<RecorderId, number>> {
    const sizes = new Map<RecorderId, number>();
    for (const name of await entries(this.paths.spool)) {
      const recorder = recorderIdOfFile(name);
      if (!recorder) continue;
      const { size } = await stat(join(this.paths.spool, name)).catch(() => ({ size: 0 }));
      sizes.set(recorder, (sizes.get(recorder) ?? 0) + size);
    }
    return sizes;
  }

  /** Whether a recorder that has begun writes where this process reads. */
  async hasTracksOf(recorder: RecorderId): Promise<boolean> {
    return (await entries(this.paths.spool)).some((name) => recorderIdOfFile(name) === recorder && isTrack(name));
  }

  /** When the tracks of these recorders were written to last; undefined when nothing is in them. */
  async lastWritten(recorders: readonly RecorderId[]): Promise<Date | undefined> {
    let last: Date | undefined;
    for (const name of await entries(this.paths.spool)) {
      const recorder = recorderIdOfFile(name);
      if (!recorder || !recorders.includes(recorder) || !isTrack(name)) continue;
      const track = await stat(join(this.paths.spool, name)).catch(() => undefined);
      if (track && track.size > 0 && (!last || track.mtime > last)) last = track.mtime;
    }
    return last;
  }

  /** What the files that are yet to be made of the tracks in the spool will take. */
  async unassembledBytes(): Promise<number> {
    const missing = new Map<RecorderId, number>();
    for (const name of await entries(this.paths.spool)) {
      const recorder = recorderIdOfFile(name);
      if (!recorder || isSeparateTrack(name)) continue;
      const { size } = await stat(join(this.paths.spool, name)).catch(() => ({ size: 0 }));
      missing.set(recorder, (missing.get(recorder) ?? 0) + (isTrack(name) ? size : -size));
    }
    return [...missing.values()].reduce((sum, bytes) => sum + Math.max(0, bytes), 0);
  }

  /** Removes what a recorder left in the spool: its recording is kept elsewhere, or there is none. */
  async clearSpool(recorder: RecorderId): Promise<void> {
    for (const name of await entries(this.paths.spool)) {
      if (recorderIdOfFile(name) === recorder) await rm(join(this.paths.spool, name), { force: true });
    }
  }

  /** Removes all files of a call, and says which could not be removed. Never throws. */
  async removeCall(call: CallId, recorders: readonly RecorderId[], now: Date): Promise<Removal> {
    return removeFiles(this.paths, call, recorders, now);
  }

  /** The room that a call's folder takes. */
  async bytesOf(call: CallId): Promise<number> {
    const sizes = (await filesBelow(this.paths.call(call))).map((path) => stat(path).catch(() => ({ size: 0 })));
    return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
  }

  /** Ids of all calls, the newest first, read day by day as they are asked for. */
  async *callIds(before?: CallId): AsyncGenerator<CallId> {
    const lastDay = before && timeOf(before).toISOString().slice(0, 10);
    for await (const day of this.#days()) {
      if (lastDay && day.name > lastDay) continue;
      const ids = (await entries(day.path)).filter(isCallId).sort().reverse();
      for (const id of ids) if (!before || id < before) yield id;
    }
  }

  /** @throws the file system's error when recordings cannot be written. */
  async checkWritable(): Promise<{ freeBytes: number }> {
    await access(this.paths.spool, constants.W_OK);
    await access(this.paths.calls, constants.W_OK);
    if (this.#isInDoubt) await this.#proveWritable();
    const { bavail, bsize } = await statfs(this.paths.root);
    return { freeBytes: bavail * bsize };
  }

  async #proveWritable(): Promise<void> {
    const proof = join(this.paths.calls, "is-writable");
    await writeAtomically(proof, "");
    await rm(proof);
    this.#isInDoubt = false;
  }

  async #moveToCall(call: CallId, spooled: string, name: string): Promise<void> {
    await mkdir(this.paths.call(call), { recursive: true });
    await rename(spooled, this.paths.recording(call, name));
    await syncFolder(this.paths.call(call));
  }

  async *#days(): AsyncGenerator<{ name: string; path: string }> {
    const newestFirst = async (path: string) => (await entries(path)).sort().reverse();
    for (const year of await newestFirst(this.paths.calls)) {
      for (const month of await newestFirst(join(this.paths.calls, year))) {
        for (const day of await newestFirst(join(this.paths.calls, year, month))) {
          yield { name: `${year}-${month}-${day}`, path: join(this.paths.calls, year, month, day) };
        }
      }
    }
  }
}

/** Names in a folder; none where there is no such folder. */
async function entries(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch {
    return [];
  }
}
