import { z } from "zod";
import { JOB_ID, jobHostConfig, jobShape } from "./jobShape.ts";
import type { ShapeFacts } from "./recorderShape.ts";

/** Set by the overlay for live streams. Without it, live-stream containers are refused. */
export interface LiveFacts {
  /** Full id (`sha256:…`) of the live-stream image. */
  imageId: string;
  /** The network from which the push targets can be reached. */
  network: string;
}

/**
 * The fourth allowed shape: a live-stream container for one call. It has no network, or only the network to the push
 * targets, and a lower CPU priority than recordings. Its plan in the spool defines the outputs.
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
