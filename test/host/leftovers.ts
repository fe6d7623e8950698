import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { diskDetached } from "./disk.ts";
import { CONTROL_GROUP, here, WORK } from "./settings.ts";

const CONTROL_GROUPS = "/sys/fs/cgroup";

/** Takes away whatever an earlier host left, also one whose test was killed; its disk too, unless that is to be kept. */
export async function removeLeftovers({ keepDisk = false } = {}): Promise<void> {
  for (const pid of await initProcesses()) process.kill(pid, "SIGKILL");
  await diskDetached();
  await removeControlGroups();
  if (!keepDisk) await rm(WORK, { recursive: true, force: true });
}

/** A host of this project that still runs: its first process has our script and folder on its command line. */
async function initProcesses(): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "")).split("\0");
    if (words.includes(here("init")) && words.includes(WORK)) found.push(Number(name));
  }
  return found;
}

/** They are folders that outlive their processes: in each hierarchy of version 1, or in the one of version 2. */
export async function removeControlGroups(): Promise<void> {
  for (const hierarchy of [".", ...(await readdir(CONTROL_GROUPS))]) {
    await removeTree(join(CONTROL_GROUPS, hierarchy, CONTROL_GROUP));
  }
}

async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder).catch(() => undefined);
}
