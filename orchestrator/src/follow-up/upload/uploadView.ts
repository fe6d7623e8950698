import { z } from "zod";

/** Where a call lies besides, as the API shows it. */
export const UploadView = z
  .object({
    remote: z.string(),
    /** When it was compared there. */
    verifiedAt: z.iso.datetime(),
    /** Whether all that lies here by now lies there, too. */
    isWhole: z.boolean(),
  })
  .meta({ id: "Upload" });
export type UploadView = z.infer<typeof UploadView>;
