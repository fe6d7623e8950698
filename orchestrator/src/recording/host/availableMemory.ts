import { readFile } from "node:fs/promises";

const KIBIBYTE = 1024;

/**
 * What the host can still give to processes without swapping, in bytes: `MemAvailable` of proc(5), which is the host's
 * inside of a container too. Recorders are containers of the host, beside this one.
 *
 * @throws Error where /proc does not tell it.
 */
export async function availableMemory(path = "/proc/meminfo"): Promise<number> {
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile(path, "utf8")) ?? [];
  if (kibibytes === undefined) throw new Error(`${path} has no MemAvailable`);
  return Number(kibibytes) * KIBIBYTE;
}
