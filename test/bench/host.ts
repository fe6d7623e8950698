/**
 * Cuts the power of a simulated host and restarts its Docker engine during calls, and reports what was lost:
 *
 *   ./scripts/bench host [--callers 5] [--rounds 1] [--keep-disk]
 *
 * Requires root. --keep-disk keeps its disk (2 GB, with the images), so that the next run need not load them.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { formatDisk } from "../host/disk.ts";
import { engineRestart } from "../host/engineRestart.ts";
import { Host } from "../host/host.ts";
import { useHostEngine } from "../host/hostBundle.ts";
import { loadImages } from "../host/images.ts";
import { removeLeftovers } from "../host/leftovers.ts";
import { makeMedia } from "../host/media.ts";
import type { Outcome } from "../host/outcome.ts";
import { powerCut } from "../host/powerCut.ts";
import { DISK } from "../host/settings.ts";

/** Lost media at the end of an interrupted call. */
const POWER_CUT_LOSS_SECONDS = 2.5;
const RESTART_LOSS_SECONDS = 1.5;

const { values } = parseArgs({
  options: {
    callers: { type: "string", default: "5" },
    rounds: { type: "string", default: "1" },
    "keep-disk": { type: "boolean", default: false },
  },
});
const [callers, rounds, keepDisk] = [Number(values.callers), Number(values.rounds), values["keep-disk"]];
if (!(callers > 0 && rounds > 0)) throw new Error("callers and rounds are numbers");
const wrong: string[] = [];

await removeLeftovers({ keepDisk });
if (!(keepDisk && existsSync(DISK))) await formatDisk();
let host: Host | undefined;
try {
  await makeMedia();
  host = await Host.boot();
  say("the host is up and loads the images");
  await loadImages(host.engine.address);
  useHostEngine();
  for (let round = 0; round < rounds; round += 1) {
    const [next, cut] = await powerCut(host, { callers });
    host = next;
    if (!cut.wasReal) wrong.push("the power cut did not discard unflushed data");
    judge(`power cut; up again after ${cut.upAfterSeconds.toFixed(0)} s`, cut, POWER_CUT_LOSS_SECONDS);
    for (const liveRestore of [false, true]) {
      const restart = await engineRestart(host, { liveRestore, callers });
      const title = `engine restarted with${liveRestore ? "" : "out"} live-restore`;
      judge(`${title}; healthy after ${restart.healthyAfterSeconds.toFixed(0)} s`, restart, RESTART_LOSS_SECONDS);
      judge("the next call", { outcomes: restart.next, inconsistencies: [] }, RESTART_LOSS_SECONDS);
    }
  }
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error)); // the cleanup may fail too
  wrong.push("the run did not finish");
} finally {
  await host?.[Symbol.asyncDispose]();
  await removeLeftovers({ keepDisk });
}
for (const one of wrong) say(`WRONG: ${one}`);
process.exitCode = wrong.length === 0 ? 0 : 1;

function judge(
  title: string,
  { outcomes, inconsistencies }: { outcomes: Outcome[]; inconsistencies: string[] },
  limit: number,
): void {
  say(title);
  for (const { peerId, state, reason, code, seconds, lostSeconds, endedLateSeconds, decodeErrors } of outcomes) {
    const words = `${peerId}: ${state}, ${code ?? reason}, ${seconds.toFixed(2)} s, ${lostSeconds.toFixed(2)} s lost, end ${endedLateSeconds.toFixed(2)} s late`;
    say(`  ${words}`);
    const isHealthy = state === "ready" && lostSeconds <= limit && Math.abs(endedLateSeconds) <= limit;
    if (!isHealthy || decodeErrors !== "") wrong.push(`${title}: ${words} ${decodeErrors}`);
  }
  wrong.push(...inconsistencies.map((inconsistency) => `${title}: ${inconsistency}`));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
