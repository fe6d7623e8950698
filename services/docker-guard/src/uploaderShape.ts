import { z } from "zod";
import { JOB_ID, jobHostConfig, jobShape } from "./jobShape.ts";
import type { ShapeFacts } from "./recorderShape.ts";

/** Set by the overlay for uploads. Without it, uploaders are refused. */
export interface UploaderFacts {
  /** Full id (`sha256:…`) of the uploader image. */
  imageId: string;
  /** The network from which the remotes can be reached. */
  network: string;
  /** The volume with rclone's configuration. */
  configuration: string;
}

/** A configured remote and a path in it. Connection strings are refused because they contain secrets. */
const remote = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+@-]*:[A-Za-z0-9_./@+=~ -]*$/);
const folder = z.string().regex(/^[0-9]{4}\/[0-9]{2}\/[0-9]{2}\/call_[0-9a-z]{19}$/);

/**
 * The third allowed shape: an uploader that copies one call's folder to a remote, after or during the call, or removes
 * it there. Recordings and rclone's configuration are mounted read-only.
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
