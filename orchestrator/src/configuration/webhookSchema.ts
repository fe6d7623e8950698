import { z } from "zod";
import { WEBHOOK_EVENT_TYPES } from "../outside/webhooks/events.ts";

/** Error messages do not repeat the URL: webhook URLs often contain tokens. */
export const WebhookUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), "is not an http or https URL")
  .refine((text) => !URL.canParse(text) || !new URL(text).username, "must not contain a user name");

/** A webhook receiver in the configuration file. */
export const Webhook = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, "is not a name: up to 31 lower-case letters, digits and '-'")
      .optional(),
    url: WebhookUrl,
    secret: z.string().optional(),
    secretFile: z.string().startsWith("/", "is not an absolute path").optional(),
    events: z.array(z.enum(WEBHOOK_EVENT_TYPES)).min(1).optional(),
  })
  .refine(({ secret, secretFile }) => (secret === undefined) !== (secretFile === undefined), {
    message: "needs either secret or secretFile",
  });
export type Webhook = z.infer<typeof Webhook>;
