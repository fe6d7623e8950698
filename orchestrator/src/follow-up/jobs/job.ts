import { z } from "zod";
import { type CallId, isCallId, isJobId, type JobId } from "../../ids.ts";

const instant = z.iso.datetime();

export const Failure = z.object({ code: z.string(), message: z.string(), hint: z.string() });

const base = {
  version: z.literal(1),
  id: z.custom<JobId>((value) => typeof value === "string" && isJobId(value)),
  /** The name of a registered kind. */
  kind: z.string(),
  callId: z.custom<CallId>((value) => typeof value === "string" && isCallId(value)),
  /** The part of the call it is about, such as a leg or a file; null for the whole call. */
  subject: z.string().nullable(),
  /** Input for the job; each kind has its own schema. */
  order: z.unknown(),
  queuedAt: instant,
  /** For a call that had ended when this orchestrator started: jobs of new calls come first. */
  catchUp: z.literal(true).optional(),
  /** Number of attempts that have started. */
  attempts: z.int(),
  /** Why the last attempt failed. */
  lastError: Failure.optional(),
};

/** A follow-up job of a call, in each of its states. Stored as one file on the volume. */
export const Job = z.discriminatedUnion("state", [
  z.object({ state: z.literal("queued"), ...base, /** After a failed attempt. */ notBefore: instant.optional() }),
  z.object({ state: z.literal("running"), ...base, startedAt: instant }),
  z.object({ state: z.literal("done"), ...base, startedAt: instant, endedAt: instant }),
  z.object({ state: z.literal("failed"), ...base, endedAt: instant, error: Failure }),
  z.object({ state: z.literal("cancelled"), ...base, endedAt: instant }),
]);

export type Job = z.infer<typeof Job>;
export type JobState = Job["state"];
export type JobIn<State extends JobState> = Extract<Job, { state: State }>;
export const JOB_STATES = ["queued", "running", "done", "failed", "cancelled"] as const;

export type OverJob = JobIn<"done" | "failed" | "cancelled">;

export const isJobOver = (job: Job): job is OverJob => job.state !== "queued" && job.state !== "running";

/** The fields that all states share. */
export function baseOf({ version, id, kind, callId, subject, order, queuedAt, catchUp, attempts, lastError }: Job) {
  const optional = { ...(catchUp && { catchUp }), ...(lastError && { lastError }) };
  return { version, id, kind, callId, subject, order, queuedAt, attempts, ...optional };
}
