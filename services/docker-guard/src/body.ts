import type { IncomingMessage } from "node:http";
import { Refusal } from "./errors.ts";

/** A recorder's container description is about 2 kB, mostly two SDPs in base64. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Reads the request body as text.
 *
 * @throws Refusal BODY_TOO_LARGE; MALFORMED for bytes that are not UTF-8.
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES)
      throw new Refusal("BODY_TOO_LARGE", `the body is larger than ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Refusal("MALFORMED", "the body is not UTF-8");
  }
}
