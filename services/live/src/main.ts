/**
 * Streams a call live, from the files that its recorders are writing.
 *
 *   live <jobId>
 *
 * Reads its plan, /recordings/spool/<jobId>.plan.part (plan.ts), and reads it again whenever it is replaced. Writes
 * segments and playlists to /recordings/<folder of the plan>. The output `audio` (audio/), in files of several seconds,
 * goes to the call's own folder. Ends when the plan says that the call has ended, when the plan is no longer touched,
 * or on SIGTERM; playlists are closed in all cases. Prints {"event":"began"}, {"event":"segment",…} for each audio
 * file, and errors that do not end the stream.
 *
 * Exit codes: 0 the stream ended normally, 1 it failed, 2 wrong arguments or no plan.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Capture } from "./audio/capture.ts";
import { Broadcast } from "./broadcast.ts";
import { hasPictures } from "./outputs.ts";
import { type Plan, PlanFile } from "./plan.ts";

const JOB_ID = /^job_[0-9a-z]{19}$/;
const POLL_INTERVAL_MS = 20;
const PLAN_INTERVAL_MS = 250;
const ROOT = process.env["RECORDINGS"] ?? "/recordings";

/** Recordings are not for everybody on this host. */
process.umask(0o027);
const [jobId = ""] = process.argv.slice(2);
if (!JOB_ID.test(jobId)) refuse("live: expects a job id");
const file = new PlanFile(join(ROOT, "spool", `${jobId}.plan.part`));
const plan = await file
  .readIfChanged()
  .catch((error) => refuse(`live: ${error instanceof Error ? error.message : error}`));
if (!plan) refuse("live: no plan found");
else process.exitCode = await show(plan);

async function show(first: Plan): Promise<number> {
  const capture = first.audio && (await Capture.begin(first.audio, ROOT, report));
  capture?.update(first);
  const broadcast = hasPictures(first) ? await broadcastOf(first) : undefined;
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  void broadcast?.encoder.ended.then(() => stop.abort());
  void capture?.failed.catch((error) => {
    reportFailure(error);
    stop.abort();
  });
  report({ event: "began" });
  let newest = first;
  let planReadAt = Date.now();
  const isShown = (unixMs: number) => broadcast?.hasShown(unixMs) !== false && capture?.isDrained !== false;
  const isOver = () => file.isAbandoned || (newest.endedUnixMs !== null && isShown(newest.endedUnixMs));
  while (!stop.signal.aborted && !isOver()) {
    broadcast?.work();
    if (Date.now() - planReadAt >= PLAN_INTERVAL_MS) {
      planReadAt = Date.now();
      // A plan that cannot be read now is read next time.
      const changed = await file.readIfChanged().catch(() => undefined);
      if (changed) broadcast?.update(changed);
      if (changed) capture?.update(changed);
      newest = changed ?? newest;
    }
    await sleep(POLL_INTERVAL_MS);
  }
  const isKept = capture?.close().then(
    () => true,
    () => false,
  );
  const code = (await broadcast?.close()) ?? 0;
  if ((await isKept) === false) process.exit(1); // a writer that waits for disk space would never finish
  return code === 0 ? 0 : 1;
}

async function broadcastOf(first: Plan): Promise<Broadcast> {
  await mkdir(join(ROOT, first.folder), { recursive: true });
  return new Broadcast(first, ROOT, report);
}

/** Reports a full disk with the same text as the other programs. */
function reportFailure(error: unknown): void {
  const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC";
  process.stderr.write(`live: ${isFull ? "No space left on device" : error}\n`);
}

function report(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(2);
}
