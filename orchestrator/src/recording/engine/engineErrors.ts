import { z } from "zod";
import { type ErrorCode, RecorderError } from "../../errors.ts";

/** What dockerode throws: an answer's status, or the code of a connection that failed. */
const EngineError = z.object({ statusCode: z.number().optional(), code: z.string().optional(), message: z.string() });

/** Where a request was meant to do something, what its failure means. */
type Meaning = Partial<Record<number, ErrorCode>> & { otherwise?: ErrorCode };

/** Statuses of docker-guard when the engine behind it is away, and of an engine that is starting. */
const AWAY = new Set([502, 503]);

/**
 * Turns what dockerode throws into an error of ours. 404 and 409 stay what they are unless `meaning` says more:
 * whoever asked knows whether a container that is gone is a failure.
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

/** 404: it never was or is removed; 409: it does not run any more. */
export function isGone(error: unknown): boolean {
  const { success, data } = EngineError.safeParse(error);
  return success && (data.statusCode === 404 || data.statusCode === 409);
}

/** For `catch`: what is gone is undefined, anything else is still thrown. */
export function unlessGone(error: unknown): undefined {
  if (isGone(error)) return undefined;
  throw error;
}
