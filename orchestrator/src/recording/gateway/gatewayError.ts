/** Kinds of failed gateway requests, and whether a retry may succeed soon. */
const KINDS = {
  /** No answer at its address, or the connection was lost. */
  UNREACHABLE: { isTransient: true },
  /** 5xx: a problem of the gateway. */
  FAILED: { isTransient: true },
  /** An answer that does not match the API reference. */
  NOT_UNDERSTOOD: { isTransient: true },
  /** 404: the peer or connection does not exist (any more). */
  GONE: { isTransient: false },
  /** Other 4xx: the request was refused. */
  REFUSED: { isTransient: false },
} as const;

export type GatewayErrorKind = keyof typeof KINDS;

const NOT_FOUND = 404;
const SERVER_ERRORS = 500;

/** A failed request to a gateway. */
export class GatewayError extends Error {
  readonly kind: GatewayErrorKind;

  constructor(kind: GatewayErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GatewayError";
    this.kind = kind;
  }

  /** Whether a retry may succeed soon. */
  get isTransient(): boolean {
    return KINDS[this.kind].isTransient;
  }
}

/** The error for an unexpected HTTP status. */
export function refusal(status: number, message: string): GatewayError {
  if (status === NOT_FOUND) return new GatewayError("GONE", message);
  return new GatewayError(status >= SERVER_ERRORS ? "FAILED" : "REFUSED", message);
}

export function isGatewayError(error: unknown, ...kinds: GatewayErrorKind[]): error is GatewayError {
  return error instanceof GatewayError && (kinds.length === 0 || kinds.includes(error.kind));
}
