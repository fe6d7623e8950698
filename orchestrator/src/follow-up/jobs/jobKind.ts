import type { z } from "zod";
import type { JobIn } from "./job.ts";
import type { JobWork } from "./jobWork.ts";

/** A running job, with its order parsed by its kind. */
export type JobAtWork<Order> = Omit<JobIn<"running">, "order"> & { order: Order };

/**
 * A kind of follow-up job. Register it with `Jobs.register` before `Jobs.start`, and queue its jobs with `Jobs.queue`.
 */
export interface JobKind<Order> {
  /** Letters and hyphens, because it is used in files, metrics and the API. */
  readonly name: string;
  readonly order: z.ZodType<Order>;
  /**
   * heavy: needs the CPU; waits for other heavy jobs, and while many legs are being recorded. light: mostly waits for
   * the network or for a call; starts at once.
   */
  readonly load: "heavy" | "light";
  readonly retries: RetrySchedule;
  /**
   * One attempt, from the files on the volume to the stored results. It must be able to run again after any point of an
   * earlier run: a restarted orchestrator calls it again, and `work.container` then adopts the container that is still
   * running.
   *
   * @throws the reason of the failure; errors that the error table marks as temporary are retried.
   */
  run(job: JobAtWork<Order>, work: JobWork): Promise<void>;
  /** Removes the files of a job that failed permanently or was cancelled. */
  clean(job: JobAtWork<Order>): Promise<void>;
}

export interface RetrySchedule {
  /** Total number of attempts. */
  attempts: number;
  firstPauseMs: number;
  lastPauseMs: number;
}

/** Each pause after a failed attempt is this many times the previous one. */
const BACKOFF_FACTOR = 3;

/** @returns undefined if no attempts are left. */
export function pauseAfter(
  attempt: number,
  { attempts, firstPauseMs, lastPauseMs }: RetrySchedule,
): number | undefined {
  if (attempt >= attempts) return undefined;
  return Math.min(firstPauseMs * BACKOFF_FACTOR ** (attempt - 1), lastPauseMs);
}
