import { ERRORS, type ErrorCode, type ErrorMessage } from "../errors.ts";

/** Errors that only WHIP clients receive: HTTP status (RFC 9725, RFC 9110) and message. */
const WHIP_ERRORS = {
  TOKEN_REFUSED: [401, "The bearer token is invalid or unknown."],
  SESSION_NOT_FOUND: [404, "The session does not exist or has ended."],
  METHOD_NOT_ALLOWED: [405, "Use POST for an endpoint, and PATCH or DELETE for a session."],
  RESTART_UNDER_WAY: [409, "An earlier ICE restart has not been answered yet."],
  NOT_THIS_ICE_SESSION: [412, "If-Match does not match the current ICE session."],
  OFFER_TOO_LARGE: [413, "The session description is too large."],
  INVALID_OFFER: [422, "The body is not an offer with ICE credentials."],
  NOTHING_SENT: [422, "The offer has no audio or video to send."],
  NO_BUNDLE: [422, "All media must use one transport (bundle policy max-bundle)"],
  NOT_RECORDED: [422, "The peer does not take all of the offer, and partial=true is not in the URL"],
  NO_COMMON_CODEC: [422, "The peer takes none of the offered codecs."],
  INVALID_FRAGMENT: [422, "The body is not an SDP fragment with ICE credentials and well-formed candidates."],
  // A fragment cannot carry a new certificate, so DTLS must continue with the current one.
  NO_ICE_RESTART: [422, "The peer cannot restart ICE: create a new session."],
  IF_MATCH_NEEDED: [428, "Send If-Match with the session's ETag."],
  CALL_REFUSED: [503, "The peer does not accept this call now."],
  TOO_MANY_SESSIONS: [503, "The maximum number of sessions is reached."],
  STOPPING: [503, "Signalling is stopping."],
  NOT_ANSWERED: [504, "The peer did not answer in time."],
} as const satisfies Record<string, readonly [status: number, message: string]>;

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_KEY: 401,
  AUTHENTICATION: 401,
  INVALID_ID: 400,
  UNAVAILABLE_ID: 409,
  PEER_UNAVAILABLE: 404,
  TOO_FAST: 429,
  TOO_MANY_PEERS: 503,
};

/** A failed request of a WHIP client. */
export class WhipError extends Error {
  override readonly name = "WhipError";
  readonly code: string;
  readonly status: number;

  private constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** @param details appended to the message of the table. */
  static because(code: keyof typeof WHIP_ERRORS, details: readonly string[] = []): WhipError {
    const [status, message] = WHIP_ERRORS[code];
    return new WhipError(code, status, details.length > 0 ? `${message}: ${details.join("; ")}.` : message);
  }

  /** @param reason a code of the peer that has refused the call. */
  static refused(reason: string | undefined): WhipError {
    if (reason === "NO_COMMON_CODEC") return WhipError.because(reason);
    const [status, message] = WHIP_ERRORS.CALL_REFUSED;
    return new WhipError("CALL_REFUSED", status, reason ? `${message} Its reason: ${reason}.` : message);
  }

  /** Converts an ERROR message of signalling to an HTTP response. */
  static of({ type, message }: ErrorMessage): WhipError {
    const codes = Object.keys(ERRORS) as ErrorCode[];
    // Several codes share one type, so the message is compared too.
    const code = codes.find((one) => ERRORS[one].type === type && message.startsWith(ERRORS[one].message));
    return new WhipError(code ?? "INTERNAL", (code && STATUS[code]) ?? 500, message);
  }
}
