import type { Job, JobState } from "./job.ts";

/** A job as the API shows it. */
export interface JobView {
  id: string;
  kind: string;
  callId: string;
  subject: string | null;
  state: JobState;
  /** Per cent. */
  progress: number;
  attempts: number;
  queuedAt: string;
  startedAt?: string;
  endedAt?: string;
  /** When the next attempt is due. */
  notBefore?: string;
  /** Of the last attempt. */
  error?: { code: string; message: string; hint: string };
}

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
