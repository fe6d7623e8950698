import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { GatewayError } from "../errors.ts";

/** A request must be there in whole by then. Long polls wait as long, but for events. */
export const REQUEST_LIMIT_MS = 30_000;

/** Answers requests whose body does not come: 408. Of those whose headers do not come no hook hears. */
export function limitRequests(app: FastifyInstance, clock: Clock): void {
  const limits = new WeakMap<FastifyRequest, () => void>();
  app.addHook("onRequest", async (request, reply) => {
    const cancel = clock.after(REQUEST_LIMIT_MS, () => {
      reply.raw.once("finish", () => request.raw.socket.destroySoon()); // what would come yet is no request
      reply.send(new GatewayError("REQUEST_TIMEOUT"));
    });
    limits.set(request, cancel);
    reply.raw.once("close", cancel);
  });
  app.addHook("preValidation", async (request) => limits.get(request)?.());
}
