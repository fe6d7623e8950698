import type { z } from "zod";
import type { ErrorCode } from "../../errors.ts";

export interface Answer {
  description: string;
  /** Schema of the body. Without it the response has no body, or a body that is not described. */
  schema?: z.ZodType;
  /** JSON by default. */
  mediaType?: string;
}

/** A route's description for `GET /api/openapi.json`, with the schemas that the route itself uses. */
export interface Operation {
  summary: string;
  description?: string;
  /** Query parameters; all others are refused. */
  query?: z.ZodObject;
  /** The body is optional if the schema accepts `undefined`. */
  body?: z.ZodType;
  answers: Readonly<Record<number, Answer>>;
  /** Errors of this route, in addition to those of every route. */
  errors?: readonly ErrorCode[];
  /** Requires no login. */
  isOpen?: true;
}

declare module "fastify" {
  interface FastifyContextConfig {
    operation?: Operation;
  }
}

/** Route options with the description. Tests fail for a route below `/api/` without one. */
export const operation = (description: Operation) => ({ config: { operation: description } });
