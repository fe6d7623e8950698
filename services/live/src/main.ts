/**
 * Shows a call as it happens, from what its recorders are writing.
 *
 *   live <jobId>
 *
 * Reads its plan, /recordings/spool/<jobId>.plan.part (plan.ts), again whenever it is replaced, and writes segments and
 * playlists into /recordings/<folder of the plan>. Ends when the plan says that the call has, when nobody touches the
 * plan any more, or on SIGTERM, all with playlists that are closed. Says {"event":"began"}, and what went wrong that
 * does not end it.
 *
 * Exit codes: 0 the stream was shown to its end, 1 it was not, 2 wrong arguments or no plan.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Broadcast } from "./broadcast.ts";
import { type Plan, PlanFile } from "./plan.ts";

const JOB_ID = /^job_[0-9a-z]{19}$/;
const LOOK_INTERVAL_MS = 20;
const PLAN_INTERVAL_MS = 250;
const ROOT = process.env["RECORDINGS"] ?? "/recordings";

const [jobId = ""] = process.argv.slice(2);
if (!JOB_ID.test(jobId)) refuse("live: the id of a job is wanted");
const file = new PlanFile(join(ROOT, "spool", `${jobId}.plan.part`));
const plan = await file.news().catch((error) => refuse(`live: ${error instanceof Error ? error.message : error}`));
if (!plan) refuse("live: there is no plan");
else process.exitCode = await show(plan);

async function show(first: Plan): Promise<number> {
  await mkdir(join(ROOT, first.folder), { recursive: true });
  const broadcast = new Broadcast(first, ROOT, say);
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  void broadcast.encoder.ended.then(() => stop.abort());
  say({ event: "began" });
  let newest = first;
  let lookedAt = Date.now();
  const isOver = () => file.isAbandoned || (newest.endedUnixMs !== null && broadcast.hasShown(newest.endedUnixMs));
  while (!stop.signal.aborted && !isOver()) {
    broadcast.work();
    if (Date.now() - lookedAt >= PLAN_INTERVAL_MS) {
      lookedAt = Date.now();
      // One that cannot be read for once is read the next time.
      const changed = await file.news().catch(() => undefined);
      if (changed) broadcast.update(changed);
      newest = changed ?? newest;
    }
    await sleep(LOOK_INTERVAL_MS);
  }
  const code = await broadcast.close();
  return code === 0 ? 0 : 1;
}

function say(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(2);
}
