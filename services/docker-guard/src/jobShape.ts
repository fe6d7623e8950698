import { z } from "zod";
import {
  containerShape,
  hostConfig,
  JOB_CPU_SHARES,
  JOB_ROLE,
  LABEL_PREFIX,
  RECORDER_ID,
  type ShapeFacts,
} from "./recorderShape.ts";

const id = z.string().regex(RECORDER_ID);

/** Common shape of jobs that use their own image. Their labels name the job and the call. */
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
