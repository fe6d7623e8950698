import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ErrorCode, GatewayError } from "../errors.ts";
import { errorBody } from "./errorBody.ts";

/** Maps error codes of Fastify and Node to ours. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "MALFORMED_REQUEST",
  FST_ERR_BAD_URL: "MALFORMED_REQUEST",
  FST_ERR_MAX_PARAM_LENGTH: "UNKNOWN_PATH",
  HPE_HEADER_OVERFLOW: "HEADERS_TOO_LARGE",
  ERR_HTTP_REQUEST_TIMEOUT: "REQUEST_TIMEOUT",
};

export function requestError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const known = CODES[(error as { code?: string }).code ?? ""];
  if (known) return new GatewayError(known, undefined, { cause: error });
  const isCallers = Number((error as { statusCode?: number }).statusCode) < 500;
  return new GatewayError(isCallers ? "MALFORMED_REQUEST" : "INTERNAL", undefined, { cause: error });
}

/** Answers data that is not HTTP. There is no request object, so the response is written to the socket. */
export function refuseUnreadable(error: Error, socket: Socket): void {
  if (!socket.writable || (error as { code?: string }).code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const code = CODES[(error as { code?: string }).code ?? ""] ?? "MALFORMED_REQUEST";
  const failure = new GatewayError(code);
  const body = JSON.stringify(errorBody("UNKNOWN", failure));
  const head = [
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Whether the Accept header allows application/json (RFC 9110, section 12.5.1). */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === "") return true;
  return accept.split(",").some((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return !isRefused && ["application/json", "application/*", "*/*", "*"].includes(type);
  });
}
