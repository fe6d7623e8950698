import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { Socket } from "socket.io";
import { LIMITS } from "../limits.ts";
import type { Link } from "../link.ts";
import { mannerOf } from "../manner.ts";
import type { ServerMessage } from "../messages.ts";
import { Unconfirmed } from "../unconfirmed.ts";
import { Watchdog } from "../watchdog.ts";
import { webSocketOf } from "./webSocketOf.ts";

/** skyway-js says so; a gateway says something else, or nothing. */
const BROWSER_PLATFORM = "javascript";

/** No client knows this event, so none minds it; on polling it makes the client ask for more. */
const NUDGE = "ALIVE";

/** The way to a client of socket.io, version 2 (skyway-js) or later. */
export class SocketLink implements Link {
  readonly protocol: string;
  readonly weighsLeave: boolean;
  readonly insideAddress: string | undefined;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #watchdog: Watchdog;
  readonly #signsOfLife = new Set<() => void>();
  readonly #unconfirmed = new Unconfirmed();
  /** Up to which message the client was last handed everything. */
  #handed = 0;
  #isAsked = false;
  #closeCode: number | undefined;
  #isCongested = false;

  constructor(socket: Socket, clock: Clock, insideAddress: string | undefined) {
    this.#socket = socket;
    this.#clock = clock;
    this.#watchdog = new Watchdog(clock);
    this.protocol = `Engine.IO ${socket.conn.protocol}`;
    this.insideAddress = insideAddress;
    this.weighsLeave = socket.handshake.query["platform"] !== BROWSER_PLATFORM;
    socket.conn.on("packet", () => this.#heardProgram());
    socket.conn.on("drain", () => {
      this.#handed = this.#unconfirmed.last;
      this.#askForReceipt();
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
        this.#signsOfLife.delete(heard);
        this.#socket.conn.transport.off("ready", heard);
        resolve(isAlive);
      };
      const heard = () => answer(true);
      const cancel = this.#clock.after(withinMs, () => answer(false));
      this.#signsOfLife.add(heard);
      this.#socket.once("disconnect", () => answer(false));
      const webSocket = webSocketOf(this.#socket);
      if (webSocket) return webSocket.ping();
      this.#socket.emit(NUDGE);
      this.#socket.conn.transport.once("ready", heard);
    });
  }

  /** Asks for a sign of life, and gives up a client that shows none. */
  watch(): void {
    const webSocket = webSocketOf(this.#socket);
    if (!webSocket) return; // engine.io itself watches a client on polling.
    if (this.#watchdog.isSilent()) this.#break();
    else webSocket.ping();
  }

  close(): void {
    this.#socket.disconnect(true);
  }

  /** How the client went, from socket.io's reason of its `disconnect` event. */
  manner(reason: string): "left" | "lost" {
    return this.#isCongested ? "lost" : mannerOf(reason, this.#closeCode);
  }

  #isFull(): boolean {
    const unsent = (this.#socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length;
    const unsentBytes = webSocketOf(this.#socket)?.bufferedAmount ?? 0;
    return unsent > LIMITS.unsentMessages || unsentBytes > LIMITS.unsentBytes;
  }

  /** Without a goodbye, so that a client that is there after all comes back. */
  #break(): void {
    const webSocket = webSocketOf(this.#socket);
    if (webSocket) webSocket.terminate();
    else this.#socket.conn.close(true);
  }

  /** Frames arrive in order: who answers a ping has what was sent before it. */
  #askForReceipt(): void {
    if (this.#isAsked || this.#unconfirmed.isEmpty) return;
    const webSocket = webSocketOf(this.#socket);
    this.#isAsked = webSocket !== undefined;
    webSocket?.ping(String(this.#handed));
  }

  #watchTransport(): void {
    const webSocket = webSocketOf(this.#socket);
    webSocket?.on("pong", (asked: Buffer) => {
      this.#watchdog.heardTransport();
      this.#showLife();
      if (asked.length === 0) return;
      this.#unconfirmed.confirm(Number(asked));
      this.#isAsked = false;
      this.#askForReceipt();
    });
    // A client on polling has had the last answer when it asks again, before it gets what waits for it.
    if (!webSocket) this.#socket.conn.transport.prependListener("ready", () => this.#unconfirmed.confirm(this.#handed));
    // Before engine.io's own listener, which makes socket.io report the end without the code.
    webSocket?.prependOnceListener("close", (code: number) => {
      this.#closeCode = code;
    });
  }

  #heardProgram(): void {
    this.#watchdog.heardProgram();
    this.#showLife();
  }

  #showLife(): void {
    for (const heard of [...this.#signsOfLife]) heard();
  }
}
