import type { FastifyReply, FastifyRequest } from "fastify";
import type { OperationName } from "./operations.ts";

/** Returns the response body, or undefined for none. Throws GatewayError. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export type Handlers = Partial<Record<OperationName, Handler>>;
