import { readFile } from "node:fs/promises";

const KIBIBYTE = 1024;

/**
 * Memory that is available to new processes without swapping, in bytes: `MemAvailable` of proc(5). Inside a container
 * it also shows the host's value, which is what counts: recorders are containers on the same host.
 *
 * @throws Error if /proc does not contain it.
 */
export async function availableMemory(path = "/proc/meminfo"): Promise<number> {
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile(path, "utf8")) ?? [];
  if (kibibytes === undefined) throw new Error(`${path} has no MemAvailable`);
  return Number(kibibytes) * KIBIBYTE;
}
