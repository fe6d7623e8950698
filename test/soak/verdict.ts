import type { Footprint, Service } from "./footprint.ts";
import { mebibytes, type SoakReport } from "./soak.ts";

const MEBIBYTE = 1024 * 1024;
/** Allowed increase of a service's needed memory: compiled code, and the calls of the last ten minutes. */
const NEEDED_LIMIT_BYTES = 12 * MEBIBYTE;
/** Allowed increase of resident memory. Node and the C library decide how much they return; it must be bounded. */
const RESIDENT_LIMIT_SHARE = 0.5;
const RESIDENT_LIMIT_BYTES = 64 * MEBIBYTE;
/** Tolerance for keep-alive connections and timers. */
const HANDLE_TOLERANCE = 4;
/** How long after its end a recording may take to be ready, on a host that records nothing else. */
const READY_LIMIT_MS = 3_000;
/** The last frame may still be in transit when its caller hangs up. */
const KEPT_SHARE = 0.9;

/** Descriptions of all problems of a run; empty if there are none. */
export function complaints({ made, ready, failed, worstKept, readyAfterMs, before, after }: SoakReport): string[] {
  const found: string[] = [];
  if (ready !== made) found.push(`${made - ready} of ${made} calls have no recording: ${JSON.stringify(failed)}`);
  const slowestMs = Math.max(0, ...readyAfterMs);
  if (slowestMs > READY_LIMIT_MS) found.push(`a recording was ready after ${slowestMs.toFixed(0)} ms`);
  for (const kind of ["video", "audio"] as const) {
    if (worstKept[kind] < KEPT_SHARE) found.push(`a file has only ${percent(worstKept[kind])} of its ${kind}`);
  }
  for (const thing of ["recorders", "networks", "volumes", "spoolFiles"] as const) {
    if (after[thing] > before[thing]) found.push(`${thing}: ${before[thing]} before, ${after[thing]} after`);
  }
  for (const service of Object.keys(after.services) as Service[]) {
    const [then, now] = [before.services[service], after.services[service]];
    const [needed = 0, needs = 0] = [before.neededBytes[service], after.neededBytes[service]];
    if (needs - needed > NEEDED_LIMIT_BYTES) {
      found.push(`${service} needs ${mebibytes(needs)} MiB, before ${mebibytes(needed)} MiB`);
    }
    const allowed = Math.max(RESIDENT_LIMIT_BYTES, then.residentBytes * RESIDENT_LIMIT_SHARE);
    if (now.residentBytes - then.residentBytes > allowed) {
      found.push(`${service} grew from ${mebibytes(then.residentBytes)} to ${mebibytes(now.residentBytes)} MiB`);
    }
    for (const thing of ["handles", "sockets"] as const) {
      if (now[thing] - then[thing] > HANDLE_TOLERANCE) {
        found.push(`${service} has ${now[thing]} ${thing}, before ${then[thing]}`);
      }
    }
  }
  return found;
}

/** The report as readable text. */
export function inWords(report: SoakReport): string {
  const { made, ready, failed, failedConnects, worstKept, readyAfterMs, before, after } = report;
  return [
    `${made} calls made, ${ready} ready; other legs: ${JSON.stringify(failed)}`,
    `failed connects that were retried: ${failedConnects.length}${failedConnects.map((one) => `\n  ${one}`).join("")}`,
    `minimum share of the sent media per file: video ${percent(worstKept.video)}, audio ${percent(worstKept.audio)}`,
    `ready after a consecutive call: median ${median(readyAfterMs)}, slowest ${Math.max(0, ...readyAfterMs).toFixed(0)} ms`,
    left(before, after),
    "service: MiB needed, MiB resident, handles, sockets, threads; before -> after",
    ...(Object.keys(after.services) as Service[]).map((service) => {
      const [then, now] = [before.services[service], after.services[service]];
      const columns = (["handles", "sockets", "threads"] as const).map((thing) => `${then[thing]} -> ${now[thing]}`);
      const [needed, needs] = [before.neededBytes[service], after.neededBytes[service]];
      const memory = [
        needed !== undefined && needs !== undefined ? `${mebibytes(needed)} -> ${mebibytes(needs)}` : "-",
        `${mebibytes(then.residentBytes)} -> ${mebibytes(now.residentBytes)}`,
      ];
      return `  ${service}: ${[...memory, ...columns].join(", ")}`;
    }),
  ].join("\n");
}

function left(before: Footprint, after: Footprint): string {
  const things = (["recorders", "networks", "volumes", "spoolFiles"] as const).map(
    (thing) => `${thing} ${before[thing]} -> ${after[thing]}`,
  );
  return things.join(", ");
}

function median(values: readonly number[]): string {
  const middle = values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
  return `${middle.toFixed(0)} ms`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
