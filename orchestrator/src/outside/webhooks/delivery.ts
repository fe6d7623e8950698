import type { Outcome } from "./attempt.ts";
import type { CallRecord, Delivery } from "./record.ts";
import { isWaiting } from "./record.ts";
import { GIVE_UP_AFTER_MS, waitMs } from "./retrySchedule.ts";

/** @param isWanted false for a disabled receiver; the message can still be sent manually later. */
export function newDelivery(webhook: string, at: Date, isWanted: boolean): Delivery {
  const now = at.toISOString();
  const created = { webhook, attempts: 0, since: now };
  return isWanted ? { ...created, state: "waiting", nextAttemptAt: now } : { ...created, state: "dropped" };
}

/** The delivery's state after one more attempt. */
export function afterAttempt(delivery: Delivery, outcome: Outcome, began: Date, now: Date): Delivery {
  const { webhook, since } = delivery;
  const attempts = delivery.attempts + 1;
  const seen = outcome.kind === "unreachable" ? { lastError: outcome.code } : { lastStatus: outcome.status };
  const tried = { webhook, since, attempts, lastAttemptAt: began.toISOString(), ...seen };
  if (outcome.kind === "delivered") return { ...tried, state: "delivered" };
  if (outcome.kind === "gone") return { ...tried, state: "dropped" };
  const retryAfterMs = outcome.kind === "refused" ? outcome.retryAfterMs : undefined;
  const next = now.getTime() + waitMs({ attempts, retryAfterMs });
  if (next - Date.parse(since) > GIVE_UP_AFTER_MS) return { ...tried, state: "failed" };
  return { ...tried, state: "waiting", nextAttemptAt: new Date(next).toISOString() };
}

/** Drops waiting deliveries to receivers that are no longer wanted. @returns whether there were any. */
export function drop({ messages }: CallRecord, isUnwanted: (webhook: string) => boolean): boolean {
  let dropped = 0;
  for (const { deliveries } of messages) {
    for (const delivery of deliveries) {
      if (!isWaiting(delivery) || !isUnwanted(delivery.webhook)) continue;
      delivery.state = "dropped";
      delete delivery.nextAttemptAt;
      dropped += 1;
    }
  }
  return dropped > 0;
}
