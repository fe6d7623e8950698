import { z } from "zod";
import { JOB_ID } from "./recorderCommand.ts";
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

/** Of the overlay that shows calls live; without it there are no such containers. */
export interface LiveFacts {
  /** Full id (`sha256:…`) of the image for live streams. */
  imageId: string;
  /** The network that leads to the servers which streams are handed to. */
  network: string;
}

/**
 * The third shape that passes: the image for live streams, to show one call while it goes on. It has no network but
 * that to servers elsewhere, and yields the processor to recordings; what exactly it is to do stands in its plan in the
 * spool.
 */
export function liveShape(facts: ShapeFacts, { imageId, network }: LiveFacts) {
  return containerShape(facts).extend({
    Image: z.literal(imageId),
    Cmd: z.tuple([z.literal("live"), JOB_ID]),
    Labels: z.strictObject({
      [`${LABEL_PREFIX}project`]: z.literal(facts.project),
      [`${LABEL_PREFIX}role`]: z.literal(JOB_ROLE),
      [`${LABEL_PREFIX}job-id`]: id,
      [`${LABEL_PREFIX}call-id`]: id,
    }),
    HostConfig: hostConfig(facts).extend({
      NetworkMode: z.enum(["none", network]),
      CpuShares: z.int().positive().max(JOB_CPU_SHARES),
    }),
  });
}
