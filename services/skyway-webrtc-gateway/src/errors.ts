/**
 * Everything that can go wrong in the gateway: what to say, whose fault it is, what to do about it, and the
 * HTTP status where the API says it. Statuses are the ones that api-0.4.3.yaml documents, where it has one.
 */
export const ERRORS = {
  INVALID_FIELD: {
    message: "A field of the request is missing or wrong",
    fault: "caller",
    status: 400,
    hint: "api-0.4.3.yaml lists the fields.",
  },
  MALFORMED_JSON: {
    message: "The body is not JSON",
    fault: "caller",
    status: 400,
    hint: "Send a JSON object; the content type does not matter.",
  },
  MALFORMED_REQUEST: {
    message: "The request is not HTTP that can be understood",
    fault: "caller",
    status: 400,
    hint: "Ids in paths are URL-encoded.",
  },
  NOT_REDIRECTED: {
    message: "No media of this connection is redirected to this address",
    fault: "caller",
    status: 400,
    hint: "Name the address and port that redirect_params had.",
  },
  INVALID_OFFER: {
    message: "The offer is not a session description that can be answered",
    fault: "caller",
    status: 400,
    hint: "The caller's page must send the SDP that its browser made.",
  },
  CODEC_NOT_OFFERED: {
    message: "The codec that was asked for is not in the offer",
    fault: "caller",
    status: 400,
    hint: "GET /media/connections/{id}/tracks lists the codecs that are.",
  },
  INVALID_PEER_ID: {
    message: "Signalling does not take this peer id",
    fault: "caller",
    status: 400,
    hint: "Letters, digits, '-' and '_' always work.",
  },
  KEY_REFUSED: {
    message: "Signalling does not know this key",
    fault: "caller",
    status: 403,
    hint: "Known keys are set by SKYWAY_API_KEY.",
  },
  CREDENTIAL_REFUSED: {
    message: "Signalling refuses the credential",
    fault: "caller",
    status: 403,
    hint: "authToken is base64 of HMAC-SHA256(secret key, `timestamp:ttl:peerId`); 600 <= ttl <= 90000 seconds.",
  },
  PEER_ID_TAKEN: {
    message: "This peer id is in use",
    fault: "caller",
    status: 403,
    hint: "DELETE the peer that has it, or take another id.",
  },
  SIGNALING_REFUSED: {
    message: "Signalling refused the peer",
    fault: "operator",
    status: 403,
    hint: "The log of signalling says why.",
  },
  SIGNALING_UNREACHABLE: {
    message: "Signalling cannot be reached",
    fault: "network",
    status: 403,
    hint: "See SIGNALING_URL, and whether signalling runs.",
  },
  WRONG_TOKEN: {
    message: "The token is not this peer's",
    fault: "caller",
    status: 403,
    hint: "POST /peers and the OPEN event have it.",
  },
  ALREADY_ANSWERED: {
    message: "The call was answered already",
    fault: "caller",
    status: 403,
    hint: "Answer a media connection once.",
  },
  NOT_ANSWERED: {
    message: "The call has not been answered yet",
    fault: "caller",
    status: 403,
    hint: "POST …/answer first.",
  },
  CALL_ENDED: {
    message: "The call has ended",
    fault: "caller",
    status: 403,
    hint: "The connection's events say CLOSE.",
  },
  CONNECTION_ENDED: {
    message: "The data connection has ended",
    fault: "caller",
    status: 403,
    hint: "The connection's events say CLOSE.",
  },
  REDIRECTED_AGAIN: {
    message: "Its media was sent elsewhere before a keyframe came",
    fault: "caller",
    status: 403,
    hint: "The last PUT …/redirects counts.",
  },
  SOCKET_IN_USE: {
    message: "A connection uses this port",
    fault: "caller",
    status: 403,
    hint: "It is closed with the last connection that uses it.",
  },
  NO_PORT_LEFT: {
    message: "No more ports can be opened",
    fault: "caller",
    status: 403,
    hint: "DELETE those that no connection uses.",
  },
  TOO_MANY_CALLS: {
    message: "This peer has too many connections",
    fault: "caller",
    status: 403,
    hint: "DELETE those that are not needed.",
  },
  UNKNOWN_ID: {
    message: "There is nothing with this id",
    fault: "caller",
    status: 404,
    hint: "Ids are gone once CLOSE was read.",
  },
  UNKNOWN_PATH: {
    message: "There is no such path",
    fault: "caller",
    status: 404,
    hint: "api-0.4.3.yaml lists the paths.",
  },
  METHOD_NOT_ALLOWED: {
    message: "This path does not have this method",
    fault: "caller",
    status: 405,
    hint: "The Allow header lists those it has.",
  },
  NOT_ACCEPTABLE: {
    message: "Responses are application/json",
    fault: "caller",
    status: 406,
    hint: "Accept application/json, or leave the Accept header out.",
  },
  NO_EVENT: {
    message: "No event within 30 seconds",
    fault: "caller",
    status: 408,
    hint: "Poll again.",
  },
  REQUEST_TIMEOUT: {
    message: "The request did not come within 30 seconds",
    fault: "caller",
    status: 408,
    hint: "Send as many bytes as Content-Length says.",
  },
  BODY_TOO_LARGE: {
    message: "The body is too large",
    fault: "caller",
    status: 413,
    hint: "No request of this API needs so much.",
  },
  HEADERS_TOO_LARGE: {
    message: "The header fields are too large",
    fault: "caller",
    status: 431,
    hint: "No request of this API needs so much.",
  },
  INTERNAL: {
    message: "The gateway failed",
    fault: "ours",
    status: 500,
    hint: "The log has the cause.",
  },
  TRANSPORT_FAILED: {
    message: "The WebRTC transport could not be started",
    fault: "ours",
    status: 500,
    hint: "The log has the library's own words.",
  },
  SHUTTING_DOWN: {
    message: "The gateway is shutting down",
    fault: "operator",
    status: 503,
    hint: "Try again when it is back.",
  },
  PUBLISHED_PORT_UNKNOWN: {
    message: "Which UDP port is published for this gateway has not been told yet",
    fault: "operator",
    status: 503,
    hint: "MEDIA_PORT is a range: the orchestrator tells each gateway which one is its own (PUT /media/published_port).",
  },
  TURN_UNREACHABLE: {
    message: "No TURN server has given the call an address",
    fault: "operator",
    status: 503,
    hint: "ICE_TRANSPORT_POLICY is relay: see TURN_URLS and TURN_SECRET, and whether the TURN server runs.",
  },
  CONFIGURATION_INVALID: {
    message: "The configuration is wrong",
    fault: "operator",
    status: 500,
    hint: "Each mistake is named with its place.",
  },
  API_PORT_UNAVAILABLE: {
    message: "The TCP port of the API cannot be opened",
    fault: "operator",
    status: 500,
    hint: "Another program has it, or the address is not this host's: see api_port in config.toml and API_BIND_ADDRESS.",
  },
  MEDIA_PORT_UNAVAILABLE: {
    message: "The UDP port for media cannot be opened",
    fault: "operator",
    status: 500,
    hint: "Another program has it, or the address is not this host's: see MEDIA_PORT and BIND_ADDRESS.",
  },
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type Fault = (typeof ERRORS)[ErrorCode]["fault"];

export interface GatewayErrorOptions extends ErrorOptions {
  /** The field of the request that is to blame. */
  field?: string;
}

/** `detail` is put behind the table's message. */
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
