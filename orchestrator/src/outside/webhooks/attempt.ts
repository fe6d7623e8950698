import { Agent, request } from "undici";
import type { Endpoint } from "./endpoint.ts";
import type { Message } from "./record.ts";
import { signedHeaders } from "./signature.ts";

/** Standard Webhooks advises 15 to 30 s. */
const ANSWER_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Nobody reads what a receiver answers; a long answer is cut off. */
const ANSWER_LIMIT_BYTES = 16 * 1024;

/** What came of one attempt. Words are codes only: an error's message may have the address in it. */
export type Outcome =
  | { kind: "delivered"; status: number }
  | { kind: "gone"; status: number }
  | { kind: "refused"; status: number; askedMs?: number | undefined }
  | { kind: "unreachable"; code: string };

/** A connection for each attempt: minutes lie between two, and a receiver that was restarted is found anew. */
const agent = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS }, pipelining: 0 });

/** What is posted, the same at each attempt. */
export function bodyOf({ id, type, timestamp, data }: Message): string {
  return JSON.stringify({ id, type, timestamp, data });
}

/**
 * Posts a message once. 2xx is delivered, 410 says that nothing is wanted any more, and a redirect is a refusal: where
 * it leads is not what the operator configured. Never throws.
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
  return { kind: "refused", status, askedMs: askedMs(retryAfter, at) };
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function askedMs(retryAfter: string | string[] | undefined, at: Date): number | undefined {
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
