/** What signalling tells a client, in the types that skyway-js and its pages know. */
export const ERRORS = {
  INVALID_KEY: {
    type: "invalid-key",
    message: "This API key is not known here. Known keys are set by SKYWAY_API_KEY.",
  },
  INVALID_ID: { type: "invalid-id", message: "A peer id has 1 to 64 letters, digits, '-', '_', '.', '+' or spaces." },
  UNAVAILABLE_ID: { type: "unavailable-id", message: "This peer id is taken by another client." },
  PEER_UNAVAILABLE: { type: "peer-unavailable", message: "There is no peer with this id." },
  TOO_MANY_PEERS: { type: "server-error", message: "This API key has as many peers as it may have." },
  TOO_FAST: { type: "server-error", message: "This client sends messages faster than a call needs." },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** A registration that is refused; `code` says why. */
export class RegistrationRefused extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(ERRORS[code].message);
    this.name = "RegistrationRefused";
    this.code = code;
  }
}
