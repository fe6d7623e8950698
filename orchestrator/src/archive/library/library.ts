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

/** An assembled file in the spool, and the leg it belongs to. */
export interface Assembled {
  recorderId: RecorderId;
  callId: CallId;
  legId: LegId;
  format: string;
  /** Position among the leg's files, from 1; 1 by default. */
  number?: number;
}

/** The recordings volume: manifests and recordings of calls, and the spool with files in progress. */
export class Library {
  readonly paths: Paths;
  readonly #log: Logger;
  readonly #unreadable = new Set<CallId>();
  /** A write has failed: check with a real write, because a lost disk still reports permissions and free space. */
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

  /** @returns undefined if there is no manifest, or it is invalid; an invalid one is logged once. */
  async readManifest(id: CallId): Promise<Manifest | undefined> {
    const path = this.paths.manifest(id);
    try {
      return Manifest.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isMissing && !this.#unreadable.has(id))
        this.#log.error({ callId: id, path, err: error }, "the manifest is invalid");
      if (!isMissing) this.#unreadable.add(id);
      return undefined;
    }
  }

  /**
   * Verifies a file in the spool and moves it into its call's folder. Its source tracks stay in the spool until
   * `clearSpool`. If verification fails, the file stays in the spool.
   *
   * @param probed ffprobe's output for the file.
   * @throws RecorderError NOT_VERIFIED, or the file system's error.
   */
  async keep({ recorderId, callId, legId, format, number }: Assembled, probed: string): Promise<RecordingFile> {
    const spooled = this.paths.assembled(recorderId, format);
    const file = await verify(spooled, recordingName(legId, format, number), probed);
    await this.#moveToCall(callId, spooled, file.name);
    return file;
  }

  /**
   * Verifies and moves the files of single tracks in the same way; `probed` describes the file with all tracks.
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
   * Verifies and moves a film in the same way. Replaces an earlier film.
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
   * Moves one preview image into its call's folder. Replaces an earlier image.
   *
   * @param file name of the recording or film that the preview belongs to.
   * @returns the image's name.
   * @throws RecorderError NOT_VERIFIED, or the file system's error.
   */
  async keepPreview(job: JobId, callId: CallId, file: string, image: PreviewImage): Promise<string> {
    const spooled = this.paths.composed(job, image);
    const { size } = await stat(spooled).catch(() => ({ size: 0 }));
    if (size === 0) throw new RecorderError("NOT_VERIFIED", `${image} is missing or empty`);
    const name = previewName(file, image);
    await this.#moveToCall(callId, spooled, name);
    return name;
  }

  /** Writes the WebVTT thumbnail track. @returns the name of the file. */
  async keepThumbnailTrack(callId: CallId, file: string, track: string): Promise<string> {
    const name = previewName(file, "thumbnails.vtt");
    await writeAtomically(this.paths.recording(callId, name), track);
    return name;
  }

  /** Writes an assembly order for a recorder, one argument per line. */
  async leaveOrder(recorder: RecorderId, lines: readonly string[]): Promise<void> {
    await writeAtomically(this.paths.order(recorder), `${lines.join("\n")}\n`);
  }

  /** Recorders that have files in the spool, each with the total size in bytes. */
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

  /** Whether the tracks of a started recorder exist in the spool that this process reads. */
  async hasTracksOf(recorder: RecorderId): Promise<boolean> {
    return (await entries(this.paths.spool)).some((name) => recorderIdOfFile(name) === recorder && isTrack(name));
  }

  /** When the tracks of these recorders were last modified; undefined if they are empty. */
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

  /** Space that is still needed to assemble the tracks in the spool. */
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

  /** Removes a recorder's files from the spool, after its recording was stored or if there is none. */
  async clearSpool(recorder: RecorderId): Promise<void> {
    for (const name of await entries(this.paths.spool)) {
      if (recorderIdOfFile(name) === recorder) await rm(join(this.paths.spool, name), { force: true });
    }
  }

  /** Removes all files of a call, and returns those that could not be removed. Never throws. */
  async removeCall(call: CallId, recorders: readonly RecorderId[], now: Date): Promise<Removal> {
    return removeFiles(this.paths, call, recorders, now);
  }

  /** The size of a call's folder. */
  async bytesOf(call: CallId): Promise<number> {
    const sizes = (await filesBelow(this.paths.call(call))).map((path) => stat(path).catch(() => ({ size: 0 })));
    return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
  }

  /** Ids of all calls, newest first; the folders are read lazily, day by day. */
  async *callIds(before?: CallId): AsyncGenerator<CallId> {
    const lastDay = before && timeOf(before).toISOString().slice(0, 10);
    for await (const day of this.#days()) {
      if (lastDay && day.name > lastDay) continue;
      const ids = (await entries(day.path)).filter(isCallId).sort().reverse();
      for (const id of ids) if (!before || id < before) yield id;
    }
  }

  /** @throws the file system's error if recordings cannot be written. */
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

/** The names in a folder; empty if it cannot be read. */
async function entries(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch {
    return [];
  }
}
