import { z } from "zod";
import { containerShape, hostConfig, LABEL_PREFIX, RECORDER_ID, type ShapeFacts } from "./recorderShape.ts";

/** Role label of containers that run follow-up jobs. */
export const JOB_ROLE = "job";
/** Maximum for jobs. Other containers have 1,024. */
const JOB_CPU_SHARES = 512;

export const JOB_ID = z.string().regex(/^job_[0-9a-z]{9}[0-9a-f]{10}$/);

const id = z.string().regex(RECORDER_ID);

/** Common shape of jobs, each kind of which has its own image. Their labels name the job and the call. */
export function jobShape(facts: ShapeFacts) {
  return containerShape(facts).extend({
    Labels: z.strictObject({
      [`${LABEL_PREFIX}project`]: z.literal(facts.project),
      [`${LABEL_PREFIX}role`]: z.literal(JOB_ROLE),
      [`${LABEL_PREFIX}job-id`]: id,
      [`${LABEL_PREFIX}call-id`]: id,
    }),
  });
}

/** Limits the job's CPU shares, so that recordings have priority. */
export function jobHostConfig(facts: ShapeFacts) {
  return hostConfig(facts, facts.jobBytes).extend({ CpuShares: z.int().positive().max(JOB_CPU_SHARES) });
}
