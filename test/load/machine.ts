import { readFile } from "node:fs/promises";

/** Of Linux on every architecture that Node supports: sysconf(_SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;
const KIBIBYTE = 1024;
const IDLE = [3, 4]; // idle and iowait; what other machines took from this one (steal) is left out too

/** What the machine has used, without the callers and this process. */
export interface Usage {
  atMs: number;
  /** Processor seconds since it was started. */
  cpuSeconds: number;
  /** Memory that is not available, in bytes. */
  bytes: number;
}

/** @param callers the process id of the callers. */
export async function usage(callers: number): Promise<Usage> {
  const [stat, memory] = await Promise.all([readFile("/proc/stat", "utf8"), readFile("/proc/meminfo", "utf8")]);
  const ticks = (stat.split("\n")[0] ?? "").trim().split(/\s+/).slice(1, 8).map(Number);
  const busy = ticks.reduce((sum, one, index) => (IDLE.includes(index) ? sum : sum + one), 0) / TICKS_PER_SECOND;
  const { user, system } = process.cpuUsage();
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(memory)?.[1] ?? Number.NaN);
  const of = await processUsage(callers);
  return {
    atMs: performance.now(),
    cpuSeconds: busy - of.cpuSeconds - (user + system) / 1e6,
    bytes: (kibibytes("MemTotal") - kibibytes("MemAvailable")) * KIBIBYTE - of.bytes,
  };
}

/** proc(5). */
async function processUsage(pid: number): Promise<{ cpuSeconds: number; bytes: number }> {
  const [stat, status] = await Promise.all(
    ["stat", "status"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "")),
  );
  const fields = (stat ?? "").slice((stat ?? "").lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  const resident = Number(/^VmRSS:\s+(\d+)/m.exec(status ?? "")?.[1] ?? 0);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, bytes: resident * KIBIBYTE };
}
