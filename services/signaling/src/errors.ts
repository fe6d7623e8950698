import type { PeerId } from "./ids.ts";

/** Who has to fix an error. */
export type Fault = "caller" | "operator" | "ours" | "network";

interface ErrorEntry {
  /** `error.type` in skyway-js. Uses the types of SkyWay and PeerJS where they exist. */
  readonly type: string;
  readonly message: string;
  readonly fault: Fault;
  readonly hint: string;
  /** Whether the socket is closed after the ERROR message. skyway-js does not reconnect in that case. */
  readonly closes: boolean;
}

/** All errors that signalling sends to clients. */
export const ERRORS = {
  INVALID_KEY: {
    type: "invalid-key",
    message: "This API key is unknown.",
    fault: "caller",
    hint: "The valid keys are set by SKYWAY_API_KEY.",
    closes: true,
  },
  INVALID_ID: {
    type: "invalid-id",
    message: "A peer id has 1 to 64 letters, digits, '-', '_', '.', '+' or inner spaces.",
    fault: "caller",
    hint: "Choose another peer id.",
    closes: true,
  },
  UNAVAILABLE_ID: {
    type: "unavailable-id",
    message: "This peer id is used by another client.",
    fault: "caller",
    hint: "Choose another peer id, or close the client that uses it.",
    closes: true,
  },
  AUTHENTICATION: {
    type: "authentication",
    message: "The credential is missing, invalid or expired.",
    fault: "caller",
    hint: "authToken is base64(HMAC-SHA256(secret key, `timestamp:ttl:peerId`)); 600 <= ttl <= 90000 seconds.",
    closes: true,
  },
  PEER_UNAVAILABLE: {
    type: "peer-unavailable",
    message: "There is no peer with this id.",
    fault: "caller",
    hint: "The peer has left, or it never registered with this API key.",
    closes: false,
  },
  INVALID_MESSAGE: {
    type: "invalid-message",
    message: "This message is invalid.",
    fault: "caller",
    hint: "Signalling accepts the messages of skyway-js 4 and PeerJS 1.",
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
    message: "This client exceeds the rate limit.",
    fault: "caller",
    hint: "See limits.ts for the rate limits.",
    closes: true,
  },
  TOO_MANY_PEERS: {
    type: "server-error",
    message: "This API key has reached its maximum number of peers.",
    fault: "operator",
    hint: "See peersPerKey in limits.ts.",
    closes: true,
  },
  INTERNAL: {
    type: "server-error",
    message: "Signalling failed.",
    fault: "ours",
    hint: "See the log of signaling.",
    closes: true,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** The peer, connection or field that an error refers to. */
export interface ErrorSubject {
  dst?: string;
  connectionId?: string;
  place?: string;
}

/** Body of an ERROR message. skyway-js reports `type` and `message`; the other fields are for gateways. */
export interface ErrorMessage extends ErrorSubject {
  type: string;
  message: string;
}

export function errorMessage(code: ErrorCode, about: ErrorSubject = {}): ErrorMessage {
  const { type, message } = ERRORS[code];
  const subject = about.place ?? about.dst;
  return { type, message: subject === undefined ? message : `${message} (${subject})`, ...about };
}

/** An offer that signalling does not relay. */
export interface RefusedOffer {
  dst: PeerId;
  connectionId: string;
  connectionType: "media" | "data" | undefined;
  /** Any text. */
  sdp: string;
}

/** A refused client or message. */
export class SignalingError extends Error {
  readonly code: ErrorCode;
  readonly about: ErrorSubject;
  /** Absent if the message was not an offer, or says neither from which connection nor to whom. */
  readonly offer: RefusedOffer | undefined;

  constructor(
    code: ErrorCode,
    about: ErrorSubject = {},
    options?: ErrorOptions & { offer?: RefusedOffer | undefined },
  ) {
    super(ERRORS[code].message, options);
    this.offer = options?.offer;
    this.name = "SignalingError";
    this.code = code;
    this.about = about;
  }
}
