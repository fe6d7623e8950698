/**
 * How many legs one host holds: synthetic callers of 0.8 Mbit/s on a host of their own, which answer NACK as browsers do.
 * Every file is compared with what was sent.
 *
 *   ./scripts/bench load [--legs 1,10,40,100] [--burst] [--seconds 20] [--quick]
 *
 * --burst: 40 calls in one second while 20 legs are up. --quick: 1 and 20 legs, 10 s each, and a burst of 10.
 * Exits with 1 if a call was not answered, or anything that was sent is missing.
 */
import { availableParallelism, cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { down, up } from "../bundle/lifecycle.ts";
import { recreate } from "../bundle/recreate.ts";
import { untilAllHealthy } from "../e2e/expectations.ts";
import { ON_SECOND_ADDRESS } from "../e2e/publishing.ts";
import { quantile } from "../fidelity/statistics.ts";
import { type LoadOptions, type LoadReport, load } from "../load/load.ts";
import { openServerAddress } from "../network/roamingHost.ts";
import { mebibytes } from "../soak/soak.ts";

const { values } = parseArgs({
  options: {
    legs: { type: "string", default: "1,10,40,100" },
    seconds: { type: "string", default: "20" },
    burst: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
  },
});
const ARRIVING = 2;
/** Memory that is free only after a while is not kept. */
const MEMORY_AFTER_MS = 10_000;
const upMs = values.quick ? 10_000 : Number(values.seconds) * 1000;
const counts = values.quick ? [1, 20] : values.legs.split(",").map(Number);
if (![upMs, ...counts].every((value) => value > 0)) throw new Error("--legs and --seconds are numbers");
const steps: LoadOptions[] = counts.map((legs) => ({ legs, perSecond: ARRIVING, upMs }));
if (values.burst) steps.push({ legs: 60, before: 20, perSecond: ARRIVING, upMs });
if (values.quick) steps.push({ legs: 15, before: 5, perSecond: ARRIVING, upMs });

const say = (line: string) => void process.stdout.write(`${line}\n`);

await down();
await up();
await using _address = await openServerAddress();
let wrong = false;
const memories: string[] = [];
try {
  const most = Math.max(...steps.map(({ legs }) => legs));
  await recreate(["web", "skyway-webrtc-gateway", "docker-guard", "orchestrator"], {
    files: ON_SECOND_ADDRESS.files,
    env: { ...ON_SECOND_ADDRESS.env, MAX_CONCURRENT_RECORDERS: `${most}` },
  });
  await untilAllHealthy();
  say(`\n${availableParallelism()} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB\n`);
  say(
    "| legs | answered, median / p95 | cores, all of it | cores a leg | MiB a leg | all hang up → last ready | video missing | sound missing |",
  );
  say("|---|---|---|---|---|---|---|---|");
  for (const step of steps) {
    const report = await load({ ...step, memoryAfterMs: MEMORY_AFTER_MS });
    say(rowOf(step, report));
    const memory = Object.entries(report.memory).map(
      ([name, { idle, after }]) => `${name} ${mebibytes(idle)} → ${mebibytes(after)} MiB`,
    );
    memories.push(`${nameOf(step)}: ${memory.join(", ")}`);
    for (const failure of report.failures) say(`NOT ANSWERED: ${failure}`);
    for (const [peerId, what] of Object.entries(report.conspicuous)) say(`CONSPICUOUS: ${peerId}: ${what}`);
    wrong ||= report.failures.length > 0 || report.missing.video + report.missing.audio > 0;
  }
  say(`\nMemory of services, before the calls → after them:\n${memories.join("\n")}`);
} finally {
  await down();
}
process.exitCode = wrong ? 1 : 0;

function nameOf({ legs, before }: LoadOptions): string {
  return before ? `${legs - before} in one second, ${before} up` : `${legs}`;
}

function rowOf(step: LoadOptions, report: LoadReport): string {
  const { answeredAfterMs: times, missing, sent } = report;
  const share = (kind: "video" | "audio") =>
    `${missing[kind]} of ${sent[kind]} (${((100 * missing[kind]) / sent[kind]).toFixed(2)} %)`;
  return `| ${[
    nameOf(step),
    `${quantile(times, 0.5).toFixed(0)} / ${quantile(times, 0.95).toFixed(0)} ms`,
    report.cores.toFixed(2),
    report.coresPerLeg.toFixed(4),
    mebibytes(report.bytesPerLeg),
    `${(report.readyAfterMs / 1000).toFixed(1)} s`,
    share("video"),
    share("audio"),
  ].join(" | ")} |`;
}
