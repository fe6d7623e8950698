import { randomBytes } from "node:crypto";
import { z } from "zod";
import { type CallId, isCallId } from "../../ids.ts";
import { Told } from "./told.ts";

const instant = z.iso.datetime();

export const DELIVERY_STATES = ["waiting", "delivered", "failed", "dropped"] as const;

/** What became of a message at one receiver. `dropped`: the receiver is not wanted, or does not want any more. */
export const Delivery = z.object({
  webhook: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.int(),
  /** It is tried for a day from here: when the message was made, or sent again by hand. */
  since: instant,
  /** While it waits. */
  nextAttemptAt: instant.optional(),
  lastAttemptAt: instant.optional(),
  /** HTTP status of the last attempt, or the code of its error. */
  lastStatus: z.int().optional(),
  lastError: z.string().optional(),
});
export type Delivery = z.infer<typeof Delivery>;

export const Message = z
  .object({
    id: z.string(),
    type: z.string(),
    timestamp: instant,
    data: z.unknown(),
    deliveries: z.array(Delivery),
  })
  .meta({ id: "WebhookMessage" });
export type Message = z.infer<typeof Message>;

/** All that was told of one call, in order, and what became of it. */
export const CallRecord = z.object({
  version: z.literal(1),
  callId: z.custom<CallId>((value) => typeof value === "string" && isCallId(value)),
  told: Told,
  messages: z.array(Message),
});
export type CallRecord = z.infer<typeof CallRecord>;

export const isWaiting = ({ state }: Delivery): boolean => state === "waiting";

export const hasWaiting = ({ messages }: CallRecord): boolean =>
  messages.some(({ deliveries }) => deliveries.some(isWaiting));

/** What a receiver gets next of this call: nothing before what went ahead of it is done with. */
export function nextFor(
  { messages }: CallRecord,
  webhook: string,
): { message: Message; delivery: Delivery } | undefined {
  for (const message of messages) {
    const delivery = message.deliveries.find((one) => one.webhook === webhook && isWaiting(one));
    if (delivery) return { message, delivery };
  }
  return undefined;
}

const MESSAGE_ID = /^msg_([0-9a-z]{19})_[0-9a-f]{8}$/;

/** An id that says which call it is about. Receivers know a message that came twice by it. */
export const newMessageId = (call: CallId): string =>
  `msg_${call.slice("call_".length)}_${randomBytes(4).toString("hex")}`;

/** @returns undefined for what is no id of a message. */
export function callOf(messageId: string): CallId | undefined {
  const id = `call_${MESSAGE_ID.exec(messageId)?.[1] ?? ""}`;
  return isCallId(id) ? id : undefined;
}
