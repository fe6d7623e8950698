import type { z } from "zod";
import type { ErrorCode } from "../../errors.ts";

export interface Answer {
  description: string;
  /** What is answered; nothing without it. */
  schema?: z.ZodType;
  /** JSON by default. */
  mediaType?: string;
}

/** What `GET /api/openapi.json` says of a route, in the schemas that the route uses itself. */
export interface Operation {
  summary: string;
  description?: string;
  query?: z.ZodObject;
  /** Of which all is optional where the schema takes nothing for it. */
  body?: z.ZodType;
  answers: Readonly<Record<number, Answer>>;
  /** What can go wrong here, besides what can everywhere. */
  errors?: readonly ErrorCode[];
  /** Needs no login. */
  isOpen?: true;
}

declare module "fastify" {
  interface FastifyContextConfig {
    operation?: Operation;
  }
}

/** A route's options with its description; a route below `/api/` without one fails the tests. */
export const operation = (description: Operation) => ({ config: { operation: description } });
