import { randomBytes } from "node:crypto";
import { WebSocket } from "undici";
import { GatewayError } from "../gatewayError.ts";
import { janusError } from "./janusErrors.ts";
import { Envelope, PluginError } from "./messages.ts";

const SUBPROTOCOL = "janus-protocol";
const OPEN_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Janus ends a session after 60 s without a message. */
const KEEPALIVE_INTERVAL_MS = 20_000;

interface Pending {
  /** Whether the "ack" message is the final answer. */
  takesAck: boolean;
  resolve(envelope: Envelope): void;
  reject(error: GatewayError): void;
}

type Listener = (data: unknown) => void;

/** A Janus session over its own WebSocket: both end together. */
export class JanusSession {
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, Pending>();
  readonly #listeners = new Map<number, Listener>();
  readonly #lost = new AbortController();
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", () => this.#end());
    socket.addEventListener("error", () => this.#end());
  }

  /** @throws GatewayError UNREACHABLE. */
  static async open(url: string): Promise<JanusSession> {
    const socket = new WebSocket(url, SUBPROTOCOL);
    const session = new JanusSession(socket);
    const timer = setTimeout(() => session.close(), OPEN_TIMEOUT_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.addEventListener("open", () => resolve(), { once: true });
        session.lost.addEventListener("abort", () => reject(unreachable()), { once: true });
      });
      session.#id = idOf(await session.#request({ janus: "create" }));
    } catch (error) {
      session.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    const keepingAlive = setInterval(() => session.#keepAlive(), KEEPALIVE_INTERVAL_MS);
    keepingAlive.unref();
    session.lost.addEventListener("abort", () => clearInterval(keepingAlive), { once: true });
    return session;
  }

  /** Aborts when the session ends for any reason. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get id(): number {
    return this.#id;
  }

  /**
   * Attaches to a plugin and returns the handle.
   *
   * @param onEvent receives the plugin's asynchronous events.
   */
  async attach(plugin: string, onEvent: Listener): Promise<number> {
    const handle = idOf(await this.#request({ janus: "attach", plugin, session_id: this.#id }));
    this.#listeners.set(handle, onEvent);
    return handle;
  }

  /** Sends a request to a plugin and returns its synchronous or asynchronous answer. */
  async ask(handle: number, body: object): Promise<unknown> {
    const answer = await this.#request({ janus: "message", session_id: this.#id, handle_id: handle, body });
    const data = answer.plugindata?.data;
    const failed = PluginError.safeParse(data);
    if (failed.success) throw janusError(failed.data.error_code, failed.data.error);
    return data;
  }

  async ping(): Promise<void> {
    await this.#request({ janus: "ping" });
  }

  close(): void {
    this.#socket.close();
    this.#end();
  }

  #keepAlive(): void {
    // Detects a silently broken connection.
    this.#request({ janus: "keepalive", session_id: this.#id }, true).catch(() => this.close());
  }

  #request(message: object, takesAck = false): Promise<Envelope> {
    const transaction = randomBytes(8).toString("hex");
    return new Promise<Envelope>((resolve, reject) => {
      if (this.lost.aborted) return reject(unreachable());
      const timer = setTimeout(() => settle(() => reject(unreachable())), REQUEST_TIMEOUT_MS);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#pending.delete(transaction);
        act();
      };
      this.#pending.set(transaction, {
        takesAck,
        resolve: (envelope) => settle(() => resolve(envelope)),
        reject: (error) => settle(() => reject(error)),
      });
      this.#socket.send(JSON.stringify({ ...message, transaction }));
    });
  }

  #take(text: string): void {
    const { success, data: envelope } = Envelope.safeParse(parseJson(text));
    if (!success) return;
    const pending = envelope.transaction === undefined ? undefined : this.#pending.get(envelope.transaction);
    if (envelope.janus === "timeout") {
      this.close();
    } else if (pending) {
      if (envelope.error) pending.reject(janusError(envelope.error.code, envelope.error.reason));
      else if (envelope.janus !== "ack" || pending.takesAck) pending.resolve(envelope);
    } else if (envelope.janus === "event" && envelope.sender !== undefined) {
      this.#listeners.get(envelope.sender)?.(envelope.plugindata?.data);
    }
  }

  #end(): void {
    if (this.lost.aborted) return;
    this.#lost.abort();
    for (const { reject } of [...this.#pending.values()]) reject(unreachable());
  }
}

const unreachable = () => new GatewayError("UNREACHABLE", "Janus does not answer");

function idOf({ data }: Envelope): number {
  if (data) return data.id;
  throw new GatewayError("NOT_UNDERSTOOD", "Janus sent an unexpected answer");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
