import { z } from "zod";
import { WEBHOOK_EVENT_TYPES } from "../outside/webhooks/events.ts";

/** No message repeats what was given: addresses of webhooks hold tokens more often than not. */
export const WebhookUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), "is not an http or https address")
  .refine((text) => !URL.canParse(text) || !new URL(text).username, "must not have a user name in it");

/** A receiver of webhooks, as the configuration file has it. */
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
    message: "needs one of secret and secretFile",
  });
export type Webhook = z.infer<typeof Webhook>;
