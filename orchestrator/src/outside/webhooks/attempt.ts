import { Agent, request } from "undici";
import type { Endpoint } from "./endpoint.ts";
import type { Message } from "./record.ts";
import { signedHeaders } from "./signature.ts";

/** Standard Webhooks advises 15 to 30 s. */
const ANSWER_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Response bodies are not used; a long one is cut off. */
const ANSWER_LIMIT_BYTES = 16 * 1024;

/** The result of one attempt. It has error codes only: an error's message may contain the URL. */
export type Outcome =
  | { kind: "delivered"; status: number }
  | { kind: "gone"; status: number }
  | { kind: "refused"; status: number; retryAfterMs?: number | undefined }
  | { kind: "unreachable"; code: string };

/** Each attempt opens a new connection: attempts may be minutes apart, and the receiver may have been restarted. */
const agent = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS }, pipelining: 0 });

/** The request body, the same at each attempt. */
export function bodyOf({ id, type, timestamp, data }: Message): string {
  return JSON.stringify({ id, type, timestamp, data });
}

/**
 * Posts a message once. 2xx means delivered; 410 means that the receiver wants no more messages. A redirect counts as
 * a refusal, because the operator did not configure its target. Never throws.
 */
export async function attempt(message: Message, endpoint: Endpoint, at: Date, stop: AbortSignal): Promise<Outcome> {
  const { url, key } = endpoint.secrets();
  const body = bodyOf(message);
  const headers = {
    "content-type": "application/json",
    "user-agent": "skyway-call-recorder",
    ...signedHeaders(key, message.id, at, body),
  };
  try {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    const answer = await request(url, { method: "POST", headers, body, signal, dispatcher: agent });
    await answer.body.dump({ limit: ANSWER_LIMIT_BYTES, signal }).catch(() => undefined);
    return outcomeOf(answer.statusCode, answer.headers["retry-after"], at);
  } catch (error) {
    return { kind: "unreachable", code: codeOf(error) };
  }
}

function outcomeOf(status: number, retryAfter: string | string[] | undefined, at: Date): Outcome {
  if (status >= 200 && status < 300) return { kind: "delivered", status };
  if (status === 410) return { kind: "gone", status };
  return { kind: "refused", status, retryAfterMs: retryAfterMs(retryAfter, at) };
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfterMs(retryAfter: string | string[] | undefined, at: Date): number | undefined {
  if (typeof retryAfter !== "string") return undefined;
  const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - at.getTime();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "UNKNOWN";
  if (error.name === "TimeoutError") return "TIMEOUT";
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : error.name;
}
