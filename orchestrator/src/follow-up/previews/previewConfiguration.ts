import { z } from "zod";

/** `previews` in the configuration file. */
export const PreviewConfiguration = z.strictObject({
  enabled: z.boolean().default(false),
});
export type PreviewConfiguration = z.infer<typeof PreviewConfiguration>;
