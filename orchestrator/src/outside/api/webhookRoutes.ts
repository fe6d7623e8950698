import { unlessEmpty } from "@skyway-call-recorder/process/environment.ts";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { callOf, DELIVERY_STATES, Message } from "../webhooks/record.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { MessageList, WebhookList } from "./answers.ts";
import { parseParameters } from "./errorReplies.ts";
import { Limit, OfCall } from "./listQuery.ts";
import { operation } from "./operation.ts";

const isMessageId = (text: string) => callOf(text) !== undefined;

const MessageQuery = z.object({
  callId: OfCall,
  state: unlessEmpty(z.enum(DELIVERY_STATES).optional()),
  limit: Limit,
  cursor: unlessEmpty(z.string().refine(isMessageId, "is not a cursor of this list").optional()),
});

const ResendBody = z.strictObject({ webhook: z.string().max(100).optional() }).prefault({});

/** Routes of webhooks: recipients, messages with their delivery status, and sending them again. */
export function serveWebhooks(app: FastifyInstance, webhooks: Webhooks): void {
  const list = operation({
    summary: "Receivers, and the number of waiting messages of each",
    answers: { 200: { description: "All configured receivers.", schema: WebhookList } },
  });
  app.get("/api/webhooks", list, async () => ({ webhooks: webhooks.list() }));

  const messages = operation({
    summary: "Messages and their delivery status",
    description: "Newest call first, newest message of a call first. Messages are kept for a week.",
    query: MessageQuery,
    answers: { 200: { description: "Messages, each with its delivery to each receiver.", schema: MessageList } },
  });
  app.get("/api/webhooks/messages", messages, async ({ query }) => {
    const { callId, state, limit, cursor } = parseParameters(MessageQuery, query);
    const found: Message[] = [];
    for await (const message of webhooks.messages({ ...(callId && { callId }), ...(cursor && { before: cursor }) })) {
      if (state && !message.deliveries.some((delivery) => delivery.state === state)) continue;
      if (found.length === limit) return { messages: found, nextCursor: found.at(-1)?.id ?? null };
      found.push(message);
    }
    return { messages: found, nextCursor: null };
  });

  const resend = operation({
    summary: "Sends a message again",
    description: "To one receiver, or to all receivers of the message. The message keeps its id.",
    body: ResendBody,
    answers: { 202: { description: "The message is queued.", schema: Message } },
    errors: ["WEBHOOK_MESSAGE_NOT_FOUND", "WEBHOOK_NOT_FOUND", "WEBHOOK_DISABLED"],
  });
  app.post<{ Params: { messageId: string } }>(
    "/api/webhooks/messages/:messageId/resend",
    resend,
    async ({ params, body }, reply) => {
      const { webhook } = parseParameters(ResendBody, body ?? undefined);
      return reply.code(202).send(await webhooks.resend(params.messageId, webhook));
    },
  );

  const enable = operation({
    summary: "Enables a receiver that answered 410",
    answers: { 204: { description: "The receiver gets messages again." } },
    errors: ["WEBHOOK_NOT_FOUND"],
  });
  app.post<{ Params: { name: string } }>("/api/webhooks/:name/enable", enable, async ({ params }, reply) => {
    await webhooks.enable(params.name);
    return reply.code(204).send();
  });
}
