import { z } from "zod";
import { jobHostConfig, jobShape } from "./jobShape.ts";
import { JOB_ID } from "./recorderCommand.ts";
import type { ShapeFacts } from "./recorderShape.ts";

/** Of the overlay that uploads; without it there are no uploaders. */
export interface UploaderFacts {
  /** Full id (`sha256:…`) of the uploader image. */
  imageId: string;
  /** The network that leads to the remotes. */
  network: string;
  /** The volume with rclone's configuration. */
  configuration: string;
}

/** A remote of the configuration and a path in it; never a connection string, which would have secrets in it. */
const remote = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+@-]*:[A-Za-z0-9_./@+=~ -]*$/);
const folder = z.string().regex(/^[0-9]{4}\/[0-9]{2}\/[0-9]{2}\/call_[0-9a-z]{19}$/);

/**
 * The second shape that passes: the uploader image, to copy one call's folder to a remote, in the end or while the call
 * goes on, or to remove it there. It reads recordings and rclone's configuration, and writes neither.
 */
export function uploaderShape(facts: ShapeFacts, uploader: UploaderFacts) {
  const mounts = z.tuple([
    z.strictObject({
      Type: z.literal(facts.recordings.type),
      Source: z.literal(facts.recordings.source),
      Target: z.literal("/recordings"),
      ReadOnly: z.literal(true),
    }),
    z.strictObject({
      Type: z.literal("volume"),
      Source: z.literal(uploader.configuration),
      Target: z.literal("/config"),
      ReadOnly: z.literal(true),
    }),
  ]);
  return jobShape(facts).extend({
    Image: z.literal(uploader.imageId),
    Cmd: z.union([
      z.tuple([z.enum(["upload", "remove"]), remote, folder]),
      z.tuple([z.literal("follow"), remote, folder, JOB_ID]),
    ]),
    HostConfig: jobHostConfig(facts).extend({
      NetworkMode: z.literal(uploader.network),
      Mounts: mounts,
    }),
  });
}
