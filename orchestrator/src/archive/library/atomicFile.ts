import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file so that whoever reads it, even after a power cut, finds the old text or the new one:
 * written under another name, flushed to the disk, renamed, and the folder flushed too.
 *
 * @param mode permissions, 0o644 by default.
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

/** Makes renames into a folder outlive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
