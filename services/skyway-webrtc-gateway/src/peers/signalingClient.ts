import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { io, type Socket } from "socket.io-client";
import { type ErrorCode, GatewayError } from "../errors.ts";
import type { Credential } from "./credential.ts";
import {
  ERROR,
  MESSAGES,
  type Messages,
  OPEN,
  REFUSABLE_OFFER,
  type SignalingErrorMessage,
} from "./signalingMessages.ts";

/** How long POST /peers waits for signalling; Ruby's Net::HTTP gives up after 60 s. */
export const REGISTRATION_LIMIT_MS = 5_000;
/** The interval of skyway-js: signalling drops clients that are silent for more than two intervals. */
const PING_INTERVAL_MS = 25_000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_LAST_MS = 5_000;
/** Shorter than the time for which signalling waits for a lost client, which begins when it answers again. */
const RECONNECT_BROKEN_LAST_MS = 2_000;
/** How long `close` waits for pending messages. */
const CLOSE_LIMIT_MS = 500;

export interface Registration {
  signalingUrl: string;
  key: string;
  /** undefined: signalling generates one. */
  peerId: string | undefined;
  credential: Credential | undefined;
}

export interface SignalingListeners {
  onMessage<Name extends keyof Messages>(name: Name, message: Messages[Name]): void;
  /** An error that signalling reports after the peer was registered. */
  onError(error: SignalingErrorMessage): void;
}

/**
 * One peer's connection to signalling, with the protocol of skyway-js 4. It reconnects automatically, with the same id
 * and token, until it is closed.
 */
export class SignalingClient {
  readonly #socket: Socket;
  readonly #query: Record<string, string>;
  #listeners: SignalingListeners | undefined;
  /** Messages that arrived before `listen`. */
  readonly #pending: ((listeners: SignalingListeners) => void)[] = [];
  readonly #log: Logger;
  #peerId: string | undefined;
  #isOpen = false;
  /** Whether the current outage was already reported: repeated errors are not. */
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
      // With the same token, signalling returns the id to the client even if the old session still exists.
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
      reconnectionDelayMax: RECONNECT_BROKEN_LAST_MS,
      timeout: REGISTRATION_LIMIT_MS,
    });
    this.#pings = setInterval(() => this.#socket.volatile.emit("PING"), PING_INTERVAL_MS);
  }

  /**
   * @throws GatewayError KEY_REFUSED, CREDENTIAL_REFUSED, PEER_ID_TAKEN, INVALID_PEER_ID, SIGNALING_REFUSED,
   * SIGNALING_UNREACHABLE.
   */
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

  /** Delivers messages since the registration first. */
  listen(listeners: SignalingListeners): void {
    this.#listeners = listeners;
    for (const deliver of this.#pending.splice(0)) deliver(listeners);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** If signalling is disconnected, the message is sent after the reconnect. */
  send(name: "SEND_OFFER" | "SEND_ANSWER" | "SEND_CANDIDATE" | "SEND_FORCE_CLOSE", message: object): void {
    this.#socket.emit(name, message);
  }

  updateCredential(credential: Credential): void {
    this.#query["credential"] = JSON.stringify(credential);
    this.#socket.emit("UPDATE_CREDENTIAL", credential);
  }

  /** Disconnects after all pending messages were sent. */
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
        setTimeout(resolve, CLOSE_LIMIT_MS).unref();
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
        this.#log.debug({ err: error.message }, "signalling is unreachable");
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
    if (this.#peerId !== undefined) this.#log.info("signalling reconnected");
    // A generated id must not change after a reconnect.
    this.#query["peerId"] = peerId;
    this.#peerId = peerId;
    this.#isOpen = true;
    this.#isReported = false;
    this.#reconnectMs = RECONNECT_FIRST_MS;
    return peerId;
  }

  #failed(error: SignalingErrorMessage): void {
    this.#log.warn({ type: error.type, reason: error.message }, "signalling reported an error");
    if (!this.#isOpen && this.#isReported) return;
    this.#isReported = !this.#isOpen;
    this.#notify((listeners) => listeners.onError(error));
  }

  #lost(reason: string): void {
    this.#isOpen = false;
    if (this.#isClosed) return;
    this.#log.warn({ reason }, "signalling disconnected");
    // socket.io-client reconnects automatically, unless the server closed the connection.
    if (reason !== "io server disconnect" || this.#peerId === undefined) return;
    this.#reconnectTimer = setTimeout(() => this.#socket.connect(), this.#reconnectMs);
    this.#reconnectMs = Math.min(RECONNECT_LAST_MS, this.#reconnectMs * 2);
  }

  #received(name: string, message: unknown): void {
    if (this.#isClosed || !Object.hasOwn(MESSAGES, name)) return;
    const known = name as keyof Messages;
    const parsed = MESSAGES[known].safeParse(message);
    if (parsed.success) this.#notify((listeners) => listeners.onMessage(known, parsed.data));
    else {
      this.#log.debug({ name, issues: parsed.error.issues }, "invalid message from signalling");
      if (known === "OFFER") this.#refuse(message);
    }
  }

  /** Hangs up, because the caller waits for an answer. */
  #refuse(offer: unknown): void {
    const { data } = REFUSABLE_OFFER.safeParse(offer);
    if (!data) return;
    const { src: dst, connectionId, connectionType } = data;
    this.send("SEND_FORCE_CLOSE", { dst, connectionId, connectionType });
  }

  #notify(action: (listeners: SignalingListeners) => void): void {
    if (this.#listeners) action(this.#listeners);
    else this.#pending.push(action);
  }
}

/** Error types that signalling sends to skyway-js. */
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
