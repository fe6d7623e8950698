/** What may come of asking a gateway, and whether the same request may succeed in a moment. */
const KINDS = {
  /** Nobody answers at its address, or the connection broke. */
  UNREACHABLE: { isTransient: true },
  /** 5xx: it is in trouble. */
  FAILED: { isTransient: true },
  /** An answer that is not what the reference says. */
  NOT_UNDERSTOOD: { isTransient: true },
  /** 404: the peer or connection is not there (any more). */
  GONE: { isTransient: false },
  /** 4xx: it said no. */
  REFUSED: { isTransient: false },
} as const;

export type GatewayErrorKind = keyof typeof KINDS;

const NOT_FOUND = 404;
const SERVER_ERRORS = 500;

/** A request to the gateway that did not come to what it was meant for. */
export class GatewayError extends Error {
  readonly kind: GatewayErrorKind;

  constructor(kind: GatewayErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GatewayError";
    this.kind = kind;
  }

  /** Whether to ask again in a moment. */
  get isTransient(): boolean {
    return KINDS[this.kind].isTransient;
  }
}

/** What a status that is not the expected one means. */
export function refusal(status: number, message: string): GatewayError {
  if (status === NOT_FOUND) return new GatewayError("GONE", message);
  return new GatewayError(status >= SERVER_ERRORS ? "FAILED" : "REFUSED", message);
}

export function isGatewayError(error: unknown, ...kinds: GatewayErrorKind[]): error is GatewayError {
  return error instanceof GatewayError && (kinds.length === 0 || kinds.includes(error.kind));
}
