import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isCallId } from "../ids.ts";
import { callOf, DELIVERY_STATES, type Message } from "../webhooks/record.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { parseParameters } from "./errorReplies.ts";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** `?state=` is a parameter that is not given. */
const given = (text: unknown) => (text === "" ? undefined : text);

const isMessageId = (text: string) => callOf(text) !== undefined;

const MessageQuery = z.object({
  callId: z.preprocess(given, z.string().refine(isCallId, "is not the id of a call").optional()),
  state: z.preprocess(given, z.enum(DELIVERY_STATES).optional()),
  limit: z.preprocess(given, z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT)),
  cursor: z.preprocess(given, z.string().refine(isMessageId, "is not a cursor of this list").optional()),
});

const ResendBody = z.strictObject({ webhook: z.string().max(100).optional() }).prefault({});

/** Webhooks: who is told, what they were told, and to tell it again. */
export function serveWebhooks(app: FastifyInstance, webhooks: Webhooks): void {
  app.get("/api/webhooks", async () => ({ webhooks: webhooks.list() }));

  app.get("/api/webhooks/messages", async ({ query }) => {
    const { callId, state, limit, cursor } = parseParameters(MessageQuery, query);
    const found: Message[] = [];
    for await (const message of webhooks.messages({ ...(callId && { callId }), ...(cursor && { before: cursor }) })) {
      if (state && !message.deliveries.some((delivery) => delivery.state === state)) continue;
      if (found.length === limit) return { messages: found, nextCursor: found.at(-1)?.id ?? null };
      found.push(message);
    }
    return { messages: found, nextCursor: null };
  });

  app.post<{ Params: { messageId: string } }>(
    "/api/webhooks/messages/:messageId/resend",
    async ({ params, body }, reply) => {
      const { webhook } = parseParameters(ResendBody, body ?? undefined);
      return reply.code(202).send(await webhooks.resend(params.messageId, webhook));
    },
  );

  app.post<{ Params: { name: string } }>("/api/webhooks/:name/enable", async ({ params }, reply) => {
    await webhooks.enable(params.name);
    return reply.code(204).send();
  });
}
