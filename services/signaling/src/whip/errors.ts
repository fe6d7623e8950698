import { ERRORS, type ErrorCode, type ErrorMessage } from "../errors.ts";

/** What a WHIP client is told besides what every client may be told: HTTP status (RFC 9725, RFC 9110) and reason. */
const WHIP_ERRORS = {
  TOKEN_REFUSED: [401, "The bearer token is none that is known here."],
  SESSION_NOT_FOUND: [404, "There is no such session, or it has ended."],
  METHOD_NOT_ALLOWED: [405, "WHIP has POST for an endpoint, and PATCH and DELETE for a session."],
  RESTART_UNDER_WAY: [409, "The answer to an earlier ICE restart is still to come."],
  NOT_THIS_ICE_SESSION: [412, "If-Match names another ICE session than the one that runs."],
  OFFER_TOO_LARGE: [413, "The session description is larger than any offer."],
  INVALID_OFFER: [422, "The body is no offer with ICE credentials."],
  INVALID_FRAGMENT: [422, "The body is no SDP fragment with ICE credentials and well-formed candidates."],
  // A fragment has no room for a new certificate: DTLS goes on as it is, or not at all.
  NO_ICE_RESTART: [422, "The peer cannot restart ICE: begin a new session."],
  IF_MATCH_NEEDED: [428, "Send If-Match with the session's ETag."],
  CALL_REFUSED: [503, "The peer does not take this call now."],
  TOO_MANY_SESSIONS: [503, "There are as many sessions as there may be."],
  STOPPING: [503, "Signalling stops."],
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

/** Why a request of a WHIP client is not done. */
export class WhipError extends Error {
  override readonly name = "WhipError";
  readonly code: string;
  readonly status: number;

  private constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }

  static because(code: keyof typeof WHIP_ERRORS): WhipError {
    const [status, message] = WHIP_ERRORS[code];
    return new WhipError(code, status, message);
  }

  /** What signalling says to every client in an ERROR message, as an answer to a request. */
  static of({ type, message }: ErrorMessage): WhipError {
    const codes = Object.keys(ERRORS) as ErrorCode[];
    // Some codes have one type in common.
    const code = codes.find((one) => ERRORS[one].type === type && message.startsWith(ERRORS[one].message));
    return new WhipError(code ?? "INTERNAL", (code && STATUS[code]) ?? 500, message);
  }
}
