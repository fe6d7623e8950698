import { z } from "zod";
import { JOB_ID, jobHostConfig, jobShape } from "./jobShape.ts";
import { LABEL_PREFIX, type ShapeFacts } from "./recorderShape.ts";

/**
 * The second allowed shape: a job that encodes, such as a film. It has no network, and a lower CPU priority than
 * recordings. Its plan in the spool has the details, and the command validates that plan: no ffmpeg option is passed here.
 *
 * @param imageId full id (`sha256:…`) of the transcoder image.
 */
export function transcoderShape(facts: ShapeFacts, imageId: string) {
  return jobShape(facts)
    .extend({
      Image: z.literal(imageId),
      Cmd: z.tuple([z.enum(["compose", "preview"]), JOB_ID]),
      HostConfig: jobHostConfig(facts).extend({ NetworkMode: z.literal("none") }),
    })
    .superRefine(({ Cmd, Labels }, context) => {
      if (Labels[`${LABEL_PREFIX}job-id`] === Cmd[1]) return;
      context.addIssue({ code: "custom", path: ["Labels"], message: "must name the id of the command" });
    });
}
