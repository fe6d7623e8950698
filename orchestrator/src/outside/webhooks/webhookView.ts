import { z } from "zod";
import type { Receivers } from "./receivers.ts";
import { type CallRecord, isWaiting } from "./record.ts";

/** A receiver as the API shows it. Its URL may contain a secret, so only the origin is shown. */
export const WebhookView = z
  .object({
    name: z.string(),
    /** Scheme, host and port. */
    origin: z.string(),
    /** null for all events. */
    events: z.array(z.string()).nullable(),
    state: z.enum(["active", "disabled"]),
    disabledAt: z.iso.datetime().optional(),
    /** Messages that wait for delivery. */
    waiting: z.int(),
  })
  .meta({ id: "Webhook" });
export type WebhookView = z.infer<typeof WebhookView>;

export function webhookViews(receivers: Receivers, records: readonly CallRecord[]): WebhookView[] {
  const waiting = new Map<string, number>();
  for (const { messages } of records) {
    for (const { webhook } of messages.flatMap(({ deliveries }) => deliveries.filter(isWaiting))) {
      waiting.set(webhook, (waiting.get(webhook) ?? 0) + 1);
    }
  }
  return receivers.all.map((endpoint) => {
    const { name, origin, events = null } = endpoint;
    const disabledAt = receivers.disabledAt(endpoint);
    const state = disabledAt ? "disabled" : "active";
    return {
      ...{ name, origin, state, waiting: waiting.get(name) ?? 0 },
      events: events && [...events],
      ...(disabledAt && { disabledAt }),
    };
  });
}
