import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { diskDetached } from "./disk.ts";
import { CONTROL_GROUP, here, WORK } from "./settings.ts";

const CONTROL_GROUPS = "/sys/fs/cgroup";

/** Removes everything of earlier hosts, including hosts of killed tests. `keepDisk` keeps the disk. */
export async function removeLeftovers({ keepDisk = false } = {}): Promise<void> {
  for (const pid of await initProcesses()) process.kill(pid, "SIGKILL");
  await diskDetached();
  await removeControlGroups();
  if (!keepDisk) await rm(WORK, { recursive: true, force: true });
}

/** Finds a running host of this project by its init script and folder on the command line. */
async function initProcesses(): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "")).split("\0");
    if (words.includes(here("init")) && words.includes(WORK)) found.push(Number(name));
  }
  return found;
}

/** Control groups are folders that outlive their processes, in each cgroup v1 hierarchy or in the cgroup v2 one. */
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
