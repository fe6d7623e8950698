import { z } from "zod";
import { type ErrorCode, RecorderError } from "../../errors.ts";

/** Errors of a request: the HTTP status of the answer, or the code of a failed connection. */
const EngineError = z.object({ statusCode: z.number().optional(), code: z.string().optional(), message: z.string() });

/** Error codes for the HTTP statuses of one request. */
type Meaning = Partial<Record<number, ErrorCode>> & { otherwise?: ErrorCode };

/** docker-guard answers these while the engine is unreachable, and the engine while it starts. */
const AWAY = new Set([502, 503]);

/**
 * Converts the errors of requests into RecorderErrors. 404 and 409 are rethrown unchanged unless `meaning` maps them,
 * because only the caller knows whether a missing container is a failure.
 */
export async function asking<Answer>(answer: Promise<Answer>, meaning: Meaning = {}): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw translate(error, meaning);
  }
}

function translate(error: unknown, meaning: Meaning): unknown {
  const { success, data } = EngineError.safeParse(error);
  if (!success) return error;
  const { statusCode, code, message } = data;
  const options = { cause: error };
  if (statusCode === undefined) {
    const forbidden = code === "EACCES" || code === "EPERM";
    return new RecorderError(forbidden ? "DOCKER_FORBIDDEN" : "DOCKER_UNREACHABLE", message, options);
  }
  const known = meaning[statusCode];
  if (known) return new RecorderError(known, message, options);
  if (AWAY.has(statusCode)) return new RecorderError("DOCKER_UNREACHABLE", message, options);
  if (statusCode === 403) return new RecorderError("DOCKER_FORBIDDEN", message, options);
  if (isGone(error)) return error;
  return new RecorderError(meaning.otherwise ?? "DOCKER_UNREACHABLE", message, options);
}

/** 404: it does not exist; 409: it is not running. */
export function isGone(error: unknown): boolean {
  const { success, data } = EngineError.safeParse(error);
  return success && (data.statusCode === 404 || data.statusCode === 409);
}

/** For `catch`: returns undefined if the container is gone, and rethrows all other errors. */
export function unlessGone(error: unknown): undefined {
  if (isGone(error)) return undefined;
  throw error;
}
