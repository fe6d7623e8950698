/**
 * Shows a call as it happens, from what its recorders are writing.
 *
 *   live <jobId>
 *
 * Reads its plan, /recordings/spool/<jobId>.plan.part (plan.ts), again whenever it is replaced, and writes segments and
 * playlists into /recordings/<folder of the plan>; the sound in files of some seconds (audio/) goes into its folder of
 * the call. Ends when the plan says that the call has, when nobody touches the plan any more, or on SIGTERM, all with
 * playlists that are closed. Says {"event":"began"}, {"event":"segment",…} for each file of sound, and what went wrong
 * that does not end it.
 *
 * Exit codes: 0 the stream was shown to its end, 1 it was not, 2 wrong arguments or no plan.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Capture } from "./audio/capture.ts";
import { Broadcast } from "./broadcast.ts";
import { hasPictures } from "./outputs.ts";
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
  const capture = first.audio && (await Capture.begin(first.audio, ROOT, say));
  capture?.update(first);
  const broadcast = hasPictures(first) ? await broadcastOf(first) : undefined;
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  void broadcast?.encoder.ended.then(() => stop.abort());
  void capture?.failed.catch((error) => {
    complain(error);
    stop.abort();
  });
  say({ event: "began" });
  let newest = first;
  let lookedAt = Date.now();
  const isShown = (unixMs: number) => broadcast?.hasShown(unixMs) !== false && capture?.isQuiet !== false;
  const isOver = () => file.isAbandoned || (newest.endedUnixMs !== null && isShown(newest.endedUnixMs));
  while (!stop.signal.aborted && !isOver()) {
    broadcast?.work();
    if (Date.now() - lookedAt >= PLAN_INTERVAL_MS) {
      lookedAt = Date.now();
      // One that cannot be read for once is read the next time.
      const changed = await file.news().catch(() => undefined);
      if (changed) broadcast?.update(changed);
      if (changed) capture?.update(changed);
      newest = changed ?? newest;
    }
    await sleep(LOOK_INTERVAL_MS);
  }
  const isKept = capture?.close().then(
    () => true,
    () => false,
  );
  const code = (await broadcast?.close()) ?? 0;
  if ((await isKept) === false) process.exit(1); // whoever waits for room to write would wait for ever
  return code === 0 ? 0 : 1;
}

async function broadcastOf(first: Plan): Promise<Broadcast> {
  await mkdir(join(ROOT, first.folder), { recursive: true });
  return new Broadcast(first, ROOT, say);
}

/** A full disk in the words of the other programs. */
function complain(error: unknown): void {
  const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC";
  process.stderr.write(`live: ${isFull ? "No space left on device" : error}\n`);
}

function say(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(2);
}
