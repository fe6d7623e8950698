import { z } from "zod";

/** The upload of a call, as the API shows it. */
export const UploadView = z
  .object({
    remote: z.string(),
    /** When the files on the remote were verified. */
    verifiedAt: z.iso.datetime(),
    /** Whether all current files of the call are on the remote. */
    isWhole: z.boolean(),
  })
  .meta({ id: "Upload" });
export type UploadView = z.infer<typeof UploadView>;
