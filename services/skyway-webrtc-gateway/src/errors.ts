/**
 * Every error of the gateway: message, whose fault it is, hint, and HTTP status where the API returns it. Statuses
 * follow api-0.4.3.yaml where it documents one.
 */
export const ERRORS = {
  INVALID_FIELD: {
    message: "A field of the request is missing or wrong",
    fault: "caller",
    status: 400,
    hint: "Correct the field that the message names; api-0.4.3.yaml lists all fields.",
  },
  MALFORMED_JSON: {
    message: "The body is not JSON",
    fault: "caller",
    status: 400,
    hint: "Send a JSON object; the content type does not matter.",
  },
  MALFORMED_REQUEST: {
    message: "The request is not valid HTTP",
    fault: "caller",
    status: 400,
    hint: "Check the request line and the headers; ids in paths must be URL-encoded.",
  },
  NOT_REDIRECTED: {
    message: "This connection does not redirect media to this address",
    fault: "caller",
    status: 400,
    hint: "Send an address and port from redirect_params.",
  },
  INVALID_OFFER: {
    message: "The offer is not a valid session description (SDP)",
    fault: "caller",
    status: 400,
    hint: "Send the SDP exactly as the caller's browser created it.",
  },
  CODEC_NOT_OFFERED: {
    message: "The requested codec is not in the offer",
    fault: "caller",
    status: 400,
    hint: "Choose a codec that GET /media/connections/{id}/tracks lists.",
  },
  INVALID_PEER_ID: {
    message: "Signalling rejects this peer id",
    fault: "caller",
    status: 400,
    hint: "Use only letters, digits, '-' and '_'.",
  },
  KEY_REFUSED: {
    message: "Signalling does not know this key",
    fault: "caller",
    status: 403,
    hint: "Use a key that is listed in SKYWAY_API_KEY.",
  },
  CREDENTIAL_REFUSED: {
    message: "Signalling rejected the credential",
    fault: "caller",
    status: 403,
    hint: "authToken is base64(HMAC-SHA256(secret key, `timestamp:ttl:peerId`)); ttl is 600 to 90000 seconds.",
  },
  PEER_ID_TAKEN: {
    message: "This peer id is already in use",
    fault: "caller",
    status: 403,
    hint: "DELETE the peer that uses it, or choose another id. A peer that no program uses loses its id after UNUSED_PEER_SECONDS.",
  },
  SIGNALING_REFUSED: {
    message: "Signalling rejected the peer",
    fault: "operator",
    status: 403,
    hint: "See the log of the signalling service for the reason.",
  },
  SIGNALING_UNREACHABLE: {
    message: "Signalling cannot be reached",
    fault: "network",
    status: 403,
    hint: "Check SIGNALING_URL, and that the signalling service is running.",
  },
  WRONG_TOKEN: {
    message: "The token does not belong to this peer",
    fault: "caller",
    status: 403,
    hint: "Use the token from the response to POST /peers, or from the OPEN event.",
  },
  ALREADY_ANSWERED: {
    message: "The call was answered already",
    fault: "caller",
    status: 403,
    hint: "Answer each media connection only once.",
  },
  NOT_ANSWERED: {
    message: "The call has not been answered yet",
    fault: "caller",
    status: 403,
    hint: "Send POST …/answer first.",
  },
  CALL_ENDED: {
    message: "The call has ended",
    fault: "caller",
    status: 403,
    hint: "Nothing to do; its event stream contains CLOSE.",
  },
  CONNECTION_ENDED: {
    message: "The data connection has ended",
    fault: "caller",
    status: 403,
    hint: "Nothing to do; its event stream contains CLOSE.",
  },
  REDIRECTED_AGAIN: {
    message: "The media was redirected again before a keyframe arrived",
    fault: "caller",
    status: 403,
    hint: "Only the last PUT …/redirects takes effect.",
  },
  SOCKET_IN_USE: {
    message: "A connection is using this port",
    fault: "caller",
    status: 403,
    hint: "DELETE the connections that use it; the port closes with the last one.",
  },
  NO_PORT_LEFT: {
    message: "No UDP port is available",
    fault: "caller",
    status: 403,
    hint: "DELETE ports that no connection uses.",
  },
  TOO_MANY_CALLS: {
    message: "This peer has too many connections",
    fault: "caller",
    status: 403,
    hint: "DELETE connections that are no longer needed.",
  },
  UNKNOWN_ID: {
    message: "Nothing has this id",
    fault: "caller",
    status: 404,
    hint: "Check the id; it becomes invalid after CLOSE was read.",
  },
  UNKNOWN_PATH: {
    message: "This path does not exist",
    fault: "caller",
    status: 404,
    hint: "Use a path from api-0.4.3.yaml.",
  },
  METHOD_NOT_ALLOWED: {
    message: "This path does not support this method",
    fault: "caller",
    status: 405,
    hint: "Use a method from the Allow header.",
  },
  NOT_ACCEPTABLE: {
    message: "The Accept header excludes application/json",
    fault: "caller",
    status: 406,
    hint: "Send Accept: application/json, or no Accept header.",
  },
  NO_EVENT: {
    message: "No event within 30 seconds",
    fault: "caller",
    status: 408,
    hint: "Poll again.",
  },
  REQUEST_TIMEOUT: {
    message: "The complete request did not arrive within 30 seconds",
    fault: "caller",
    status: 408,
    hint: "Send as many bytes as Content-Length states.",
  },
  BODY_TOO_LARGE: {
    message: "The body is too large",
    fault: "caller",
    status: 413,
    hint: "Send a smaller body; no request of this API needs this much.",
  },
  HEADERS_TOO_LARGE: {
    message: "The headers are too large",
    fault: "caller",
    status: 431,
    hint: "Send fewer or shorter headers; no request of this API needs this much.",
  },
  INTERNAL: {
    message: "Internal error (a bug) in the gateway",
    fault: "ours",
    status: 500,
    hint: "The gateway's log contains the cause; please report it.",
  },
  TRANSPORT_FAILED: {
    message: "The WebRTC transport could not be started",
    fault: "ours",
    status: 500,
    hint: "The gateway's log contains the error of the WebRTC library.",
  },
  SHUTTING_DOWN: {
    message: "The gateway is shutting down",
    fault: "operator",
    status: 503,
    hint: "Retry when it is running again.",
  },
  PUBLISHED_PORT_UNKNOWN: {
    message: "The gateway does not know its published UDP port yet",
    fault: "operator",
    status: 503,
    hint: "MEDIA_PORT is a range: wait until the orchestrator sends this gateway its port (PUT /media/published_port).",
  },
  TURN_UNREACHABLE: {
    message: "No TURN server allocated an address for the call",
    fault: "operator",
    status: 503,
    hint: "ICE_TRANSPORT_POLICY is relay: check TURN_URLS and TURN_SECRET, and that the TURN server is running.",
  },
  CONFIGURATION_INVALID: {
    message: "The configuration is invalid",
    fault: "operator",
    status: 500,
    hint: "Correct each setting that the message lists.",
  },
  API_PORT_UNAVAILABLE: {
    message: "The TCP port of the API cannot be opened",
    fault: "operator",
    status: 500,
    hint: "Another program uses it, or this host lacks the address: check api_port in config.toml and API_BIND_ADDRESS.",
  },
  MEDIA_PORT_UNAVAILABLE: {
    message: "The UDP port for media cannot be opened",
    fault: "operator",
    status: 500,
    hint: "Another program uses it, or this host lacks the address: check MEDIA_PORT and MEDIA_BIND_ADDRESS.",
  },
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type Fault = (typeof ERRORS)[ErrorCode]["fault"];

export interface GatewayErrorOptions extends ErrorOptions {
  /** The request field that caused the error. */
  field?: string;
}

/** `detail` is appended to the message from the table. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly field: string;

  constructor(code: ErrorCode, detail?: string, options?: GatewayErrorOptions) {
    super(detail === undefined ? ERRORS[code].message : `${ERRORS[code].message}: ${detail}`, options);
    this.name = "GatewayError";
    this.code = code;
    this.field = options?.field ?? "";
  }

  get fault(): Fault {
    return ERRORS[this.code].fault;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }
}
