import { readdir, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type CallId, type RecorderId, timeOf } from "../../ids.ts";
import { type Paths, recorderIdOfFile } from "./paths.ts";

const DAY_MS = 24 * 60 * 60_000;

/** Result of removing a call; paths are relative to the volume. */
export interface Removal {
  removed: string[];
  left: { path: string; reason: string }[];
}

/**
 * Removes all files of a call: its recorders' spool files, then the files in its folder, and the manifest last, so that
 * a call that could not be removed completely is still listed. Never throws.
 */
export async function removeFiles(
  paths: Paths,
  call: CallId,
  recorders: readonly RecorderId[],
  now: Date,
): Promise<Removal> {
  const removal: Removal = { removed: [], left: [] };
  const remove = async (path: string) => {
    const name = path.slice(paths.root.length + 1);
    try {
      await rm(path);
      removal.removed.push(name);
    } catch (error) {
      if (!isMissing(error)) removal.left.push({ path: name, reason: reasonOf(error) });
    }
  };
  const spooled = (await names(paths.spool)).filter((name) => {
    const recorder = recorderIdOfFile(name);
    return recorder !== undefined && recorders.includes(recorder);
  });
  for (const name of spooled) await remove(join(paths.spool, name));
  const folder = paths.call(call);
  const manifest = paths.manifest(call);
  for (const path of await filesBelow(folder)) if (path !== manifest) await remove(path);
  if (removal.left.length > 0) return removal;
  await remove(manifest);
  await rm(folder, { recursive: true, force: true }).catch((error) => {
    removal.left.push({ path: basename(folder), reason: reasonOf(error) });
  });
  // Removes the folder of the day if it is empty, but not a recent one: a new call may use it at this moment.
  if (now.getTime() - timeOf(call).getTime() > 2 * DAY_MS) await rmdir(dirname(folder)).catch(() => undefined);
  return removal;
}

export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";

function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
