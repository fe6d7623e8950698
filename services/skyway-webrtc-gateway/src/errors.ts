/** Everything that can go wrong in the gateway: what to say, whose fault it is, what to do about it. */
export const ERRORS = {
  INVALID_OFFER: {
    message: "The offer is not a session description that can be answered",
    fault: "caller",
    hint: "The caller's page must send the SDP that its browser made.",
  },
  CODEC_NOT_OFFERED: {
    message: "The codec that was asked for is not in the offer",
    fault: "caller",
    hint: "GET /media/connections/{id}/tracks lists the codecs that are.",
  },
  ALREADY_ANSWERED: {
    message: "The call was answered already",
    fault: "caller",
    hint: "Answer a media connection once.",
  },
  MEDIA_PORT_UNAVAILABLE: {
    message: "The UDP port for media cannot be opened",
    fault: "operator",
    hint: "Another program has it, or the address is not this host's: see MEDIA_PORT and BIND_ADDRESS.",
  },
  TRANSPORT_FAILED: {
    message: "The WebRTC transport could not be started",
    fault: "ours",
    hint: "The log has the library's own words.",
  },
} as const;

export type ErrorCode = keyof typeof ERRORS;
export type Fault = (typeof ERRORS)[ErrorCode]["fault"];

/** `detail` is put behind the table's message. */
export class GatewayError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? ERRORS[code].message : `${ERRORS[code].message}: ${detail}`, options);
    this.name = "GatewayError";
    this.code = code;
  }

  get fault(): Fault {
    return ERRORS[this.code].fault;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }
}
