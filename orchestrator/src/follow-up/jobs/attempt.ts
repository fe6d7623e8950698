import type { Clock } from "../../clock.ts";
import { asRecorderError, type RecorderError } from "../../errors.ts";
import { baseOf, type Job, type JobIn } from "./job.ts";
import type { JobBook } from "./jobBook.ts";
import { pauseAfter } from "./jobKind.ts";
import { type JobStop, type JobSurroundings, JobWork } from "./jobWork.ts";
import type { RegisteredKind } from "./registeredKind.ts";

export interface AttemptSurroundings extends JobSurroundings {
  book: JobBook;
  clock: Clock;
}

/** Runs one attempt at a job and stores the resulting state. Never throws. */
export async function attempt(
  job: JobIn<"running">,
  kind: RegisteredKind,
  signal: AbortSignal,
  surroundings: AttemptSurroundings,
): Promise<void> {
  const { book, clock } = surroundings;
  const log = book.logOf(job);
  const onProgress = (percent: number) => book.progress(job.id, percent);
  log.info({ attempt: job.attempts }, "job running");
  try {
    await kind.run(job, new JobWork(job, surroundings, { signal, log, onProgress }));
    const now = clock.now();
    await book.put({ ...baseOf(job), state: "done", startedAt: job.startedAt, endedAt: now.toISOString() });
    log.info({ ms: now.getTime() - Date.parse(job.startedAt) }, "job done");
  } catch (thrown) {
    if (!signal.aborted) await afterFailure(job, kind, asRecorderError(thrown), surroundings);
    else if ((signal.reason as JobStop) === "cancelled") await cancelled(job, kind, surroundings);
    else log.info("job continues at the next start");
  }
}

/** Cleans up a job that is not running and marks it as cancelled. */
export async function cancelled(
  job: Job,
  kind: RegisteredKind | undefined,
  { book, clock }: Pick<AttemptSurroundings, "book" | "clock">,
): Promise<void> {
  await clean(job, kind, book);
  await book.put({ ...baseOf(job), state: "cancelled", endedAt: clock.now().toISOString() });
  book.logOf(job).info("job cancelled");
}

/** Queues a failed job for its next attempt, or marks it as failed. */
async function afterFailure(
  job: JobIn<"running">,
  kind: RegisteredKind,
  error: RecorderError,
  { book, clock }: AttemptSurroundings,
): Promise<void> {
  const log = book.logOf(job);
  const now = clock.now().getTime();
  const shown = { code: error.code, message: error.message, hint: error.hint };
  const pauseMs = error.isTransient ? pauseAfter(job.attempts, kind.retries) : undefined;
  if (pauseMs !== undefined) {
    log.warn({ code: error.code, err: error, pauseMs }, "job failed; it is retried");
    const notBefore = new Date(now + pauseMs).toISOString();
    await book.put({ ...baseOf(job), state: "queued", notBefore, lastError: shown });
    return;
  }
  log.error({ code: error.code, hint: error.hint, err: error }, "job failed");
  await clean(job, kind, book);
  await book.put({ ...baseOf(job), state: "failed", endedAt: new Date(now).toISOString(), error: shown });
}

async function clean(job: Job, kind: RegisteredKind | undefined, book: JobBook): Promise<void> {
  try {
    await kind?.clean(job);
  } catch (error) {
    book.logOf(job).error({ err: error }, "the files of a job could not be removed");
  }
}
