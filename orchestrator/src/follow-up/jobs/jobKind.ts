import type { z } from "zod";
import type { JobIn } from "./job.ts";
import type { JobWork } from "./jobWork.ts";

/** A job that is being worked on, with its order as its kind reads it. */
export type JobAtWork<Order> = Omit<JobIn<"running">, "order"> & { order: Order };

/**
 * A sort of follow-up work. Whoever adds one registers it with `Jobs.register` before `Jobs.start`, and queues jobs of
 * it with `Jobs.queue`.
 */
export interface JobKind<Order> {
  /** Letters and hyphens: it goes into files, metrics and the API. */
  readonly name: string;
  readonly order: z.ZodType<Order>;
  /**
   * heavy: needs the processor; waits for its turn, and while many legs are being recorded. light: waits for the
   * network, or follows a call; begins at once.
   */
  readonly load: "heavy" | "light";
  readonly retries: RetrySchedule;
  /**
   * One attempt, from what lies on the volume to results that are kept. It may begin anew at any point of an earlier
   * one: an orchestrator that was restarted runs it again, and `work.container` then takes up the container that is
   * still at work.
   *
   * @throws what kept it from succeeding; errors of the table that pass are tried again.
   */
  run(job: JobAtWork<Order>, work: JobWork): Promise<void>;
  /** Puts away what a job left behind that failed for good or was cancelled. */
  clean(job: JobAtWork<Order>): Promise<void>;
}

export interface RetrySchedule {
  /** All in all. */
  attempts: number;
  firstPauseMs: number;
  lastPauseMs: number;
}

/** Each pause after a failed attempt is so many times the one before. */
const BACKOFF_FACTOR = 3;

/** @returns undefined when there are no more attempts. */
export function pauseAfter(
  attempt: number,
  { attempts, firstPauseMs, lastPauseMs }: RetrySchedule,
): number | undefined {
  if (attempt >= attempts) return undefined;
  return Math.min(firstPauseMs * BACKOFF_FACTOR ** (attempt - 1), lastPauseMs);
}
