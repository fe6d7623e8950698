import { z } from "zod";
import { Failure, JOB_STATES, type Job } from "./job.ts";

/** A job as the API shows it. */
export const JobView = z
  .object({
    id: z.string(),
    kind: z.string(),
    callId: z.string(),
    subject: z.string().nullable(),
    state: z.enum(JOB_STATES),
    /** Per cent. */
    progress: z.int(),
    attempts: z.int(),
    queuedAt: z.iso.datetime(),
    startedAt: z.iso.datetime().optional(),
    endedAt: z.iso.datetime().optional(),
    /** Time of the next attempt. */
    notBefore: z.iso.datetime().optional(),
    /** Error of the last attempt. */
    error: Failure.optional(),
  })
  .meta({ id: "Job" });
export type JobView = z.infer<typeof JobView>;

export function jobView(job: Job, percent: number): JobView {
  const error = job.state === "failed" ? job.error : job.state === "done" ? undefined : job.lastError;
  return {
    id: job.id,
    kind: job.kind,
    callId: job.callId,
    subject: job.subject,
    state: job.state,
    progress: job.state === "done" ? 100 : Math.floor(percent),
    attempts: job.attempts,
    queuedAt: job.queuedAt,
    ...("startedAt" in job && { startedAt: job.startedAt }),
    ...("endedAt" in job && { endedAt: job.endedAt }),
    ...("notBefore" in job && job.notBefore !== undefined && { notBefore: job.notBefore }),
    ...(error && { error }),
  };
}
