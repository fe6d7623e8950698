import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { io, type Socket } from "socket.io-client";
import { type ErrorCode, GatewayError } from "../errors.ts";
import type { Credential } from "./credential.ts";
import { ERROR, MESSAGES, type Messages, OPEN, type SignalingErrorMessage } from "./signalingMessages.ts";

/** So long POST /peers waits for signalling; Ruby's Net::HTTP gives up after 60 s. */
export const REGISTRATION_LIMIT_MS = 5_000;
/** skyway-js' own interval: signalling drops clients that are silent for longer than two. */
const PING_INTERVAL_MS = 25_000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_LAST_MS = 5_000;
/** What signalling has not got by then is not waited for. */
const FAREWELL_LIMIT_MS = 500;

export interface Registration {
  signalingUrl: string;
  key: string;
  /** undefined: signalling makes one. */
  peerId: string | undefined;
  credential: Credential | undefined;
}

export interface SignalingListeners {
  onMessage<Name extends keyof Messages>(name: Name, message: Messages[Name]): void;
  /** An error that signalling reports after the peer was registered. */
  onError(error: SignalingErrorMessage): void;
}

/**
 * One peer's connection to signalling, as skyway-js 4 speaks it. It comes back by itself, with the same id and
 * token, for as long as it is not closed.
 */
export class SignalingClient {
  readonly #socket: Socket;
  readonly #query: Record<string, string>;
  #listeners: SignalingListeners | undefined;
  /** What came before anyone listened. */
  readonly #early: ((listeners: SignalingListeners) => void)[] = [];
  readonly #log: Logger;
  #peerId: string | undefined;
  #isOpen = false;
  /** Whether this absence of signalling was reported: once is enough, however often it refuses. */
  #isReported = false;
  #isClosed = false;
  #reconnectMs = RECONNECT_FIRST_MS;
  #reconnectTimer: NodeJS.Timeout | undefined;
  readonly #pings: NodeJS.Timeout;

  private constructor(registration: Registration, log: Logger) {
    const { signalingUrl, key, peerId, credential } = registration;
    this.#log = log;
    this.#query = {
      apiKey: key,
      // With the same token signalling gives the same client its id back, even if it still believes it to be there.
      token: randomUUID(),
      platform: "webrtc-gateway",
      sdk_version: "0.4.3",
      ...(peerId !== undefined && { peerId }),
      ...(credential !== undefined && { credential: JSON.stringify(credential) }),
    };
    this.#socket = io(signalingUrl, {
      forceNew: true,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      query: this.#query,
      reconnectionDelay: RECONNECT_FIRST_MS,
      reconnectionDelayMax: RECONNECT_LAST_MS,
      timeout: REGISTRATION_LIMIT_MS,
    });
    this.#pings = setInterval(() => this.#socket.volatile.emit("PING"), PING_INTERVAL_MS);
  }

  /** @throws GatewayError KEY_REFUSED, CREDENTIAL_REFUSED, PEER_ID_TAKEN, INVALID_PEER_ID, SIGNALING_REFUSED, SIGNALING_UNREACHABLE. */
  static async register(
    registration: Registration,
    log: Logger,
  ): Promise<{ signaling: SignalingClient; peerId: string }> {
    const signaling = new SignalingClient(registration, log);
    try {
      return { signaling, peerId: await signaling.#registered(registration.signalingUrl) };
    } catch (error) {
      await signaling.close();
      throw error;
    }
  }

  /** What came since the registration is told first. */
  listen(listeners: SignalingListeners): void {
    this.#listeners = listeners;
    for (const tell of this.#early.splice(0)) tell(listeners);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sent when signalling is back, if it is away. */
  send(name: "SEND_OFFER" | "SEND_ANSWER" | "SEND_CANDIDATE" | "SEND_FORCE_CLOSE", message: object): void {
    this.#socket.emit(name, message);
  }

  updateCredential(credential: Credential): void {
    this.#query["credential"] = JSON.stringify(credential);
    this.#socket.emit("UPDATE_CREDENTIAL", credential);
  }

  /** Leaves signalling, after what was sent has left. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOpen = false;
    clearInterval(this.#pings);
    clearTimeout(this.#reconnectTimer);
    const { engine } = this.#socket.io;
    const left =
      this.#socket.connected &&
      new Promise((resolve) => {
        engine.once("close", resolve);
        setTimeout(resolve, FAREWELL_LIMIT_MS).unref();
      });
    this.#socket.disconnect();
    await left;
  }

  #registered(signalingUrl: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let lastFailure: Error | undefined;
      const limit = setTimeout(
        () => reject(new GatewayError("SIGNALING_UNREACHABLE", signalingUrl, { cause: lastFailure })),
        REGISTRATION_LIMIT_MS,
      );
      const settle = (action: () => void) => {
        clearTimeout(limit);
        action();
      };
      this.#socket.on("connect_error", (error) => {
        lastFailure = error;
        this.#log.debug({ err: error.message }, "signalling not reached");
      });
      this.#socket.on("OPEN", (message: unknown) => {
        const opened = OPEN.safeParse(message);
        if (opened.success) settle(() => resolve(this.#opened(opened.data.peerId)));
      });
      this.#socket.on("ERROR", (message: unknown) => {
        const error = ERROR.parse(message);
        if (this.#peerId === undefined) settle(() => reject(refusal(error)));
        else this.#failed(error);
      });
      this.#socket.on("disconnect", (reason) => this.#lost(reason));
      this.#socket.onAny((name: string, message: unknown) => this.#received(name, message));
    });
  }

  #opened(peerId: string): string {
    if (this.#peerId !== undefined) this.#log.info("signalling is back");
    // A generated id must stay the same when the connection comes back.
    this.#query["peerId"] = peerId;
    this.#peerId = peerId;
    this.#isOpen = true;
    this.#isReported = false;
    this.#reconnectMs = RECONNECT_FIRST_MS;
    return peerId;
  }

  #failed(error: SignalingErrorMessage): void {
    this.#log.warn({ type: error.type, reason: error.message }, "signalling reports an error");
    if (!this.#isOpen && this.#isReported) return;
    this.#isReported = !this.#isOpen;
    this.#tell((listeners) => listeners.onError(error));
  }

  #lost(reason: string): void {
    this.#isOpen = false;
    if (this.#isClosed) return;
    this.#log.warn({ reason }, "signalling is away");
    // socket.io-client comes back by itself, except when the server sent it away.
    if (reason !== "io server disconnect" || this.#peerId === undefined) return;
    this.#reconnectTimer = setTimeout(() => this.#socket.connect(), this.#reconnectMs);
    this.#reconnectMs = Math.min(RECONNECT_LAST_MS, this.#reconnectMs * 2);
  }

  #received(name: string, message: unknown): void {
    if (this.#isClosed || !Object.hasOwn(MESSAGES, name)) return;
    const known = name as keyof Messages;
    const parsed = MESSAGES[known].safeParse(message);
    if (parsed.success) this.#tell((listeners) => listeners.onMessage(known, parsed.data));
    else this.#log.debug({ name, issues: parsed.error.issues }, "message not understood");
  }

  #tell(action: (listeners: SignalingListeners) => void): void {
    if (this.#listeners) action(this.#listeners);
    else this.#early.push(action);
  }
}

/** Types as signalling sends them to skyway-js. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  "invalid-key": "KEY_REFUSED",
  authentication: "CREDENTIAL_REFUSED",
  "invalid-id": "INVALID_PEER_ID",
  "unavailable-id": "PEER_ID_TAKEN",
};
const FIELDS: Readonly<Record<string, string>> = {
  KEY_REFUSED: "key",
  CREDENTIAL_REFUSED: "credential",
  INVALID_PEER_ID: "peer_id",
  PEER_ID_TAKEN: "peer_id",
};

function refusal({ type, message }: SignalingErrorMessage): GatewayError {
  const code = REFUSALS[type] ?? "SIGNALING_REFUSED";
  return new GatewayError(code, message || undefined, { field: FIELDS[code] ?? "" });
}
