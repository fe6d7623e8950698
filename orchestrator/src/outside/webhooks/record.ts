import { randomBytes } from "node:crypto";
import { z } from "zod";
import { type CallId, isCallId } from "../../ids.ts";
import { PublishedEvents } from "./publishedEvents.ts";

const instant = z.iso.datetime();

export const DELIVERY_STATES = ["waiting", "delivered", "failed", "dropped"] as const;

/** The delivery of a message to one receiver. `dropped`: the receiver is disabled or no longer configured. */
export const Delivery = z.object({
  webhook: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.int(),
  /** Start of the 24 hours of attempts: when the message was created, or sent again manually. */
  since: instant,
  /** Only in the state `waiting`. */
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

/** All messages about one call, in order, with their deliveries. */
export const CallRecord = z.object({
  version: z.literal(1),
  callId: z.custom<CallId>((value) => typeof value === "string" && isCallId(value)),
  told: PublishedEvents,
  messages: z.array(Message),
});
export type CallRecord = z.infer<typeof CallRecord>;

export const isWaiting = ({ state }: Delivery): boolean => state === "waiting";

export const hasWaiting = ({ messages }: CallRecord): boolean =>
  messages.some(({ deliveries }) => deliveries.some(isWaiting));

/** The next message of this call for a receiver: the first that still waits, so that the order is kept. */
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

/** The id contains the call's id. Receivers recognise a repeated message by its id. */
export const newMessageId = (call: CallId): string =>
  `msg_${call.slice("call_".length)}_${randomBytes(4).toString("hex")}`;

/** @returns undefined if it is not a message id. */
export function callOf(messageId: string): CallId | undefined {
  const id = `call_${MESSAGE_ID.exec(messageId)?.[1] ?? ""}`;
  return isCallId(id) ? id : undefined;
}
