import { z } from "zod";
import type { Receivers } from "./receivers.ts";
import { type CallRecord, isWaiting } from "./record.ts";

/** What the API shows of a receiver. Its address may hold a secret: only where it leads is shown. */
export const WebhookView = z
  .object({
    name: z.string(),
    /** Scheme, host and port. */
    origin: z.string(),
    /** null for all of them. */
    events: z.array(z.string()).nullable(),
    state: z.enum(["active", "disabled"]),
    disabledAt: z.iso.datetime().optional(),
    /** Messages that it has not taken yet. */
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
