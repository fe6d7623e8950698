import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { GatewayError } from "../errors.ts";

/** The time limit for receiving a complete request. The timeout of long polls is separate. */
export const REQUEST_LIMIT_MS = 30_000;

/** Answers 408 if the body does not arrive in time. Node handles missing headers; no hook runs for them. */
export function limitRequests(app: FastifyInstance, clock: Clock): void {
  const limits = new WeakMap<FastifyRequest, () => void>();
  app.addHook("onRequest", async (request, reply) => {
    const cancel = clock.after(REQUEST_LIMIT_MS, () => {
      reply.raw.once("finish", () => request.raw.socket.destroySoon()); // what arrives after this is not a request
      reply.send(new GatewayError("REQUEST_TIMEOUT"));
    });
    limits.set(request, cancel);
    reply.raw.once("close", cancel);
  });
  app.addHook("preValidation", async (request) => limits.get(request)?.());
}
