/** Whose doing an error is. */
export type Fault = "caller" | "operator" | "ours" | "network";

interface ErrorEntry {
  /** What skyway-js puts into `error.type`; the types are SkyWay's and PeerJS' own where they have one. */
  readonly type: string;
  readonly message: string;
  readonly fault: Fault;
  readonly hint: string;
  /** Whether the socket is closed after the ERROR message. skyway-js does not try again then. */
  readonly closes: boolean;
}

/** Everything that signalling can tell a client. */
export const ERRORS = {
  INVALID_KEY: {
    type: "invalid-key",
    message: "This API key is not known here.",
    fault: "caller",
    hint: "Keys are set by SKYWAY_API_KEY.",
    closes: true,
  },
  INVALID_ID: {
    type: "invalid-id",
    message: "A peer id has 1 to 64 letters, digits, '-', '_', '.', '+' or spaces inside.",
    fault: "caller",
    hint: "Choose another peer id.",
    closes: true,
  },
  UNAVAILABLE_ID: {
    type: "unavailable-id",
    message: "This peer id is taken by another client.",
    fault: "caller",
    hint: "Choose another peer id, or end the client that has it.",
    closes: true,
  },
  AUTHENTICATION: {
    type: "authentication",
    message: "The credential is missing, wrong or has run out.",
    fault: "caller",
    hint: "authToken is base64(HMAC-SHA256(secret key, `timestamp:ttl:peerId`)); 600 <= ttl <= 90000 seconds.",
    closes: true,
  },
  PEER_UNAVAILABLE: {
    type: "peer-unavailable",
    message: "There is no peer with this id.",
    fault: "caller",
    hint: "It has left, or never was under this API key.",
    closes: false,
  },
  INVALID_MESSAGE: {
    type: "invalid-message",
    message: "This message cannot be understood.",
    fault: "caller",
    hint: "Signalling understands what skyway-js 4 and PeerJS 1 send.",
    closes: false,
  },
  NO_ROOMS: {
    type: "room-error",
    message: "This server has no rooms; peers call each other directly.",
    fault: "caller",
    hint: "Use peer.call() instead of peer.joinRoom().",
    closes: false,
  },
  TOO_FAST: {
    type: "server-error",
    message: "This client sends more than calls need.",
    fault: "caller",
    hint: "See limits.ts for what a client may send.",
    closes: true,
  },
  TOO_MANY_PEERS: {
    type: "server-error",
    message: "This API key has as many peers as it may have.",
    fault: "operator",
    hint: "See peersPerKey in limits.ts.",
    closes: true,
  },
  INTERNAL: {
    type: "server-error",
    message: "Signalling failed.",
    fault: "ours",
    hint: "The log says why.",
    closes: true,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** What an error is about, where that is one peer, one connection or one place in a message. */
export interface ErrorSubject {
  dst?: string;
  connectionId?: string;
  place?: string;
}

/** What a client is told of an error. skyway-js passes on `type` and `message`; the rest is for gateways. */
export interface ErrorMessage extends ErrorSubject {
  type: string;
  message: string;
}

export function errorMessage(code: ErrorCode, about: ErrorSubject = {}): ErrorMessage {
  const { type, message } = ERRORS[code];
  const subject = about.dst ?? about.place;
  return { type, message: subject === undefined ? message : `${message} (${subject})`, ...about };
}

/** A client or message that is turned away; `code` says why. */
export class SignalingError extends Error {
  readonly code: ErrorCode;
  readonly about: ErrorSubject;

  constructor(code: ErrorCode, about: ErrorSubject = {}, options?: ErrorOptions) {
    super(ERRORS[code].message, options);
    this.name = "SignalingError";
    this.code = code;
    this.about = about;
  }
}
