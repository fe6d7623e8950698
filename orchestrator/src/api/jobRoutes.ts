import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { RecorderError } from "../errors.ts";
import { isJobId, type JobId } from "../ids.ts";
import { JOB_STATES } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { parseParameters } from "./errorReplies.ts";

const MAX_LISTED = 100;
const given = (text: unknown) => (text === "" ? undefined : text);

const ListQuery = z.object({
  state: z.preprocess(given, z.enum(JOB_STATES).optional()),
  kind: z.preprocess(given, z.string().max(64).optional()),
  callId: z.preprocess(given, z.string().max(64).optional()),
});

/** Follow-up work: what is to be done, what is being done, and what became of it. */
export function serveJobs(app: FastifyInstance, jobs: Jobs): void {
  app.get("/api/jobs", async (request) => {
    const { state, kind, callId } = parseParameters(ListQuery, request.query);
    const isWanted = (found: string, wanted: string | undefined) => wanted === undefined || found === wanted;
    const found = jobs.book.views().filter((job) => isWanted(job.state, state) && isWanted(job.kind, kind));
    return { jobs: found.filter((job) => isWanted(job.callId, callId)).slice(0, MAX_LISTED) };
  });

  app.get<{ Params: { jobId: string } }>("/api/jobs/:jobId", async ({ params }) =>
    jobs.book.view(jobs.book.get(parsed(params.jobId))),
  );

  app.post<{ Params: { jobId: string } }>("/api/jobs/:jobId/cancel", async ({ params }) =>
    jobs.cancel(parsed(params.jobId)),
  );

  app.post<{ Params: { jobId: string } }>("/api/jobs/:jobId/retry", async ({ params }, reply) =>
    reply.code(202).send(await jobs.retry(parsed(params.jobId))),
  );
}

function parsed(text: string): JobId {
  if (!isJobId(text)) throw new RecorderError("JOB_NOT_FOUND", text.slice(0, 100));
  return text;
}
