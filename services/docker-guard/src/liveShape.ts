import { z } from "zod";
import { jobHostConfig, jobShape } from "./jobShape.ts";
import { JOB_ID } from "./recorderCommand.ts";
import type { ShapeFacts } from "./recorderShape.ts";

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
  return jobShape(facts).extend({
    Image: z.literal(imageId),
    Cmd: z.tuple([z.literal("live"), JOB_ID]),
    HostConfig: jobHostConfig(facts).extend({
      NetworkMode: z.enum(["none", network]),
    }),
  });
}
