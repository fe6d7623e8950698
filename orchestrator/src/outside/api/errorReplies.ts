import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import { asRecorderError, RecorderError } from "../../errors.ts";

/** Every error response of the API is `{error: {code, message}}`. */
export function replyWithErrors(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((request, reply) => {
    const error = new RecorderError("ROUTE_NOT_FOUND", `${request.method} ${request.url.slice(0, 200)}`);
    return reply.code(error.status).send({ error: { code: error.code, message: error.message } });
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = asApiError(thrown);
    const refused = Refused.safeParse(thrown);
    if (refused.data?.headers) reply.headers(refused.data.headers);
    if (error.status >= 500) log.error({ err: error, method: request.method, url: request.url }, "request failed");
    return reply.code(error.status).send({ error: { code: error.code, message: error.message } });
  });
}

/**
 * Parses the parameters or the body of a request.
 *
 * @throws RecorderError BAD_PARAMETER listing every wrong parameter.
 */
export function parseParameters<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new RecorderError("BAD_PARAMETER", mistakes.join("; "));
}

/** Errors of fastify and its plugins: malformed JSON, bodies that are too large, ranges beyond the end of a file. */
const Refused = z.object({
  statusCode: z.int().min(400).max(499),
  message: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
});

function asApiError(thrown: unknown): RecorderError {
  const { success, data } = Refused.safeParse(thrown);
  if (!success) return asRecorderError(thrown);
  return new RecorderError(data.statusCode === 416 ? "RANGE_NOT_SATISFIABLE" : "BAD_PARAMETER", data.message);
}
