import { mkdir, open, rm } from "node:fs/promises";
import { runOrThrow } from "../bundle/run.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { DISK, WORK } from "./settings.ts";

const GIBIBYTE = 1024 ** 3;
/** The file is sparse, so only written blocks use space. */
const DISK_BYTES = 12 * GIBIBYTE;
/** Written data is flushed to the real disk first. */
const DETACHED_LIMIT_MS = 120_000;

/** Creates a new, empty disk. */
export async function formatDisk(): Promise<void> {
  await mkdir(WORK, { recursive: true });
  await rm(DISK, { force: true });
  const file = await open(DISK, "wx", 0o600);
  await file.truncate(DISK_BYTES);
  await file.close();
  await runOrThrow("mkfs.ext4", ["-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1", DISK]);
}

/** Waits until the disk is no longer mounted: the kernel frees the loop device with the last mount. */
export async function diskDetached(): Promise<void> {
  await waitFor("the disk's loop device is free", DETACHED_LIMIT_MS, async () => {
    return (await runOrThrow("losetup", ["--associated", DISK])).trim() === "";
  });
}
