import { unlessEmpty } from "@skyway-call-recorder/process/environment.ts";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { RecorderError } from "../../errors.ts";
import { JOB_STATES } from "../../follow-up/jobs/job.ts";
import type { Jobs } from "../../follow-up/jobs/jobs.ts";
import { JobView } from "../../follow-up/jobs/jobView.ts";
import { isJobId, type JobId } from "../../ids.ts";
import { JobList } from "./answers.ts";
import { parseParameters } from "./errorReplies.ts";
import { OfCall } from "./listQuery.ts";
import { operation } from "./operation.ts";

const MAX_LISTED = 100;

const ListQuery = z.object({
  state: unlessEmpty(z.enum(JOB_STATES).optional()),
  kind: unlessEmpty(z.string().max(64).optional()),
  callId: OfCall,
});

/** Routes of follow-up jobs: list, read, cancel and retry. */
export function serveJobs(app: FastifyInstance, jobs: Jobs): void {
  const list = operation({
    summary: "Follow-up jobs of calls, newest first",
    query: ListQuery,
    answers: { 200: { description: `At most ${MAX_LISTED} jobs.`, schema: JobList } },
  });
  app.get("/api/jobs", list, async (request) => {
    const { state, kind, callId } = parseParameters(ListQuery, request.query);
    const isWanted = (found: string, wanted: string | undefined) => wanted === undefined || found === wanted;
    const found = jobs.book.views().filter((job) => isWanted(job.state, state) && isWanted(job.kind, kind));
    return { jobs: found.filter((job) => isWanted(job.callId, callId)).slice(0, MAX_LISTED) };
  });

  const one = operation({
    summary: "A job with its state, progress in per cent, attempts and error",
    answers: { 200: { description: "The job.", schema: JobView } },
    errors: ["JOB_NOT_FOUND"],
  });
  app.get<{ Params: { jobId: string } }>("/api/jobs/:jobId", one, async ({ params }) =>
    jobs.book.view(jobs.book.get(parsed(params.jobId))),
  );

  const cancel = operation({
    summary: "Cancels a job that has not ended",
    answers: { 200: { description: "The job. Its temporary files are removed.", schema: JobView } },
    errors: ["JOB_NOT_FOUND", "JOB_STATE"],
  });
  app.post<{ Params: { jobId: string } }>("/api/jobs/:jobId/cancel", cancel, async ({ params }) =>
    jobs.cancel(parsed(params.jobId)),
  );

  const retry = operation({
    summary: "Queues a failed or cancelled job again",
    answers: { 202: { description: "The job.", schema: JobView } },
    errors: ["JOB_NOT_FOUND", "JOB_STATE"],
  });
  app.post<{ Params: { jobId: string } }>("/api/jobs/:jobId/retry", retry, async ({ params }, reply) =>
    reply.code(202).send(await jobs.retry(parsed(params.jobId))),
  );
}

function parsed(text: string): JobId {
  if (!isJobId(text)) throw new RecorderError("JOB_NOT_FOUND", text.slice(0, 100));
  return text;
}
