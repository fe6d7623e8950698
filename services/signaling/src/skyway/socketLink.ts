import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Socket } from "socket.io";
import { disconnectKindOf } from "../disconnectKind.ts";
import { LIMITS } from "../limits.ts";
import type { Link, Refusal } from "../link.ts";
import type { ServerMessage } from "../messages.ts";
import { REFUSAL_REPEATS_MS } from "../times.ts";
import { Unconfirmed } from "../unconfirmed.ts";
import { Watchdog } from "../watchdog.ts";
import { webSocketOf } from "./webSocketOf.ts";

/** Sent by skyway-js. Gateways send another value or none. */
const BROWSER_PLATFORM = "javascript";

/** Clients ignore this unknown event. On polling it triggers the client's next request. */
const KEEP_ALIVE_EVENT = "ALIVE";

/** Connection to a socket.io client, version 2 (skyway-js) or later. */
export class SocketLink implements Link {
  readonly protocol: string;
  readonly wantsEarlyLeave: boolean;
  readonly internalAddress: string | undefined;
  readonly refusal?: Refusal;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #watchdog: Watchdog;
  readonly #livenessListeners = new Set<() => void>();
  readonly #unconfirmed = new Unconfirmed();
  /** Number of the last message that was flushed to the transport. */
  #flushed = 0;
  #isReceiptPending = false;
  #closeCode: number | undefined;
  #isCongested = false;

  constructor(socket: Socket, clock: Clock, internalAddress: string | undefined) {
    this.#socket = socket;
    this.#clock = clock;
    this.#watchdog = new Watchdog(clock);
    this.protocol = `Engine.IO ${socket.conn.protocol}`;
    this.internalAddress = internalAddress;
    const isPage = socket.handshake.query["platform"] === BROWSER_PLATFORM;
    this.wantsEarlyLeave = !isPage;
    if (isPage) this.refusal = { repeatsAfterMs: REFUSAL_REPEATS_MS };
    socket.conn.on("packet", () => this.#heardProgram());
    socket.conn.on("drain", () => {
      this.#flushed = this.#unconfirmed.last;
      this.#requestReceipt();
    });
    socket.conn.on("upgrade", () => {
      this.#watchTransport();
      this.#heardProgram();
    });
    this.#watchTransport();
  }

  get isOpen(): boolean {
    return this.#socket.connected;
  }

  send({ event, body }: ServerMessage): void {
    if (!this.isOpen) return;
    if (this.#isFull()) {
      this.#isCongested = true;
      this.#break();
    } else {
      this.#unconfirmed.sent({ event, body } as ServerMessage);
      this.#socket.emit(event, body);
    }
  }

  get unconfirmed(): readonly ServerMessage[] {
    return this.#unconfirmed.messages;
  }

  isAlive(withinMs: number): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false);
    return new Promise((resolve) => {
      const answer = (isAlive: boolean) => {
        cancel();
        this.#livenessListeners.delete(heard);
        this.#socket.conn.transport.off("ready", heard);
        resolve(isAlive);
      };
      const heard = () => answer(true);
      const cancel = this.#clock.after(withinMs, () => answer(false));
      this.#livenessListeners.add(heard);
      this.#socket.once("disconnect", () => answer(false));
      const webSocket = webSocketOf(this.#socket);
      if (webSocket) return webSocket.ping();
      this.#socket.emit(KEEP_ALIVE_EVENT);
      this.#socket.conn.transport.once("ready", heard);
    });
  }

  /** Pings the client, or disconnects it if it was silent for too long. */
  watch(): void {
    const webSocket = webSocketOf(this.#socket);
    if (!webSocket) return; // engine.io watches clients on polling.
    if (this.#watchdog.isSilent()) this.#break();
    else webSocket.ping();
  }

  close(): void {
    this.#socket.disconnect(true);
  }

  /** Whether the client left or was lost, from socket.io's reason of the `disconnect` event. */
  disconnectKind(reason: string): "left" | "lost" {
    return this.#isCongested ? "lost" : disconnectKindOf(reason, this.#closeCode);
  }

  #isFull(): boolean {
    const unsent = (this.#socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length;
    const unsentBytes = webSocketOf(this.#socket)?.bufferedAmount ?? 0;
    return unsent > LIMITS.unsentMessages || unsentBytes > LIMITS.unsentBytes;
  }

  /** Closes the transport without a close frame, so that a client that is still alive reconnects. */
  #break(): void {
    const webSocket = webSocketOf(this.#socket);
    if (webSocket) webSocket.terminate();
    else this.#socket.conn.close(true);
  }

  /** Frames arrive in order, so a pong confirms everything that was sent before the ping. */
  #requestReceipt(): void {
    if (this.#isReceiptPending || this.#unconfirmed.isEmpty) return;
    const webSocket = webSocketOf(this.#socket);
    this.#isReceiptPending = webSocket !== undefined;
    webSocket?.ping(String(this.#flushed));
  }

  #watchTransport(): void {
    const webSocket = webSocketOf(this.#socket);
    webSocket?.on("pong", (receipt: Buffer) => {
      this.#watchdog.heardTransport();
      this.#notifyAlive();
      if (receipt.length === 0) return;
      this.#unconfirmed.confirm(Number(receipt));
      this.#isReceiptPending = false;
      this.#requestReceipt();
    });
    // A new request of a client on polling confirms the previous response. Confirm before the new response is sent.
    if (!webSocket)
      this.#socket.conn.transport.prependListener("ready", () => this.#unconfirmed.confirm(this.#flushed));
    // Runs before engine.io's listener, which makes socket.io report the disconnect without the code.
    webSocket?.prependOnceListener("close", (code: number) => {
      this.#closeCode = code;
    });
  }

  #heardProgram(): void {
    this.#watchdog.heardProgram();
    this.#notifyAlive();
  }

  #notifyAlive(): void {
    for (const heard of [...this.#livenessListeners]) heard();
  }
}
