import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file atomically: a reader finds either the old or the new text, even after a power failure. The text is
 * written to a temporary file, flushed to disk and renamed; then the folder is flushed.
 *
 * @param mode permissions, less the umask of the process. Default: 0o644.
 */
export async function writeAtomically(path: string, text: string, mode = 0o644): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Flushes a folder, so that renames into it survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
