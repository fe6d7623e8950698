import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { WebSocket } from "ws";
import { LIMITS } from "../limits.ts";
import type { Link, Refusal } from "../link.ts";
import type { PeerMessage, ServerMessage } from "../messages.ts";
import { PEERJS_REFUSAL_REPEATS_MS } from "../times.ts";
import { Watchdog } from "../watchdog.ts";
import { OpenConnections } from "./openConnections.ts";
import { toPeerJs } from "./serverMessages.ts";

/** Connection to a PeerJS client. */
export class WebSocketLink implements Link {
  readonly protocol = "PeerJS";
  readonly wantsEarlyLeave = false;
  readonly internalAddress = undefined;
  readonly refusal: Refusal = { repeatsAfterMs: PEERJS_REFUSAL_REPEATS_MS };
  readonly #webSocket: WebSocket;
  readonly #clock: Clock;
  readonly #watchdog: Watchdog;
  readonly #connections = new OpenConnections();

  constructor(webSocket: WebSocket, clock: Clock) {
    this.#webSocket = webSocket;
    this.#clock = clock;
    this.#watchdog = new Watchdog(clock);
    webSocket.on("message", () => this.#watchdog.heardProgram());
    webSocket.on("pong", () => this.#watchdog.heardTransport());
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  send(message: ServerMessage): void {
    const isHangUp = this.#connections.received(message);
    const text =
      isHangUp && message.event === "FORCE_CLOSE" ? { type: "LEAVE", src: message.body.src } : toPeerJs(message);
    if (!text || !this.isOpen) return;
    if (this.#webSocket.bufferedAmount > LIMITS.unsentBytes) this.#webSocket.terminate();
    else this.#webSocket.send(JSON.stringify(text));
  }

  /** To be called for every message of the client, because its offers open connections. */
  noteSent(message: PeerMessage): void {
    this.#connections.sent(message);
  }

  isAlive(withinMs: number): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false);
    return new Promise((resolve) => {
      const answer = (isAlive: boolean) => {
        cancel();
        this.#webSocket.off("pong", heard).off("message", heard).off("close", gone);
        resolve(isAlive);
      };
      const heard = () => answer(true);
      const gone = () => answer(false);
      const cancel = this.#clock.after(withinMs, gone);
      this.#webSocket.on("pong", heard).on("message", heard).on("close", gone);
      this.#webSocket.ping();
    });
  }

  /** Pings the client, or disconnects it if it was silent for too long. */
  watch(): void {
    if (this.#watchdog.isSilent()) this.#webSocket.terminate();
    else this.#webSocket.ping();
  }

  close(): void {
    this.#webSocket.close();
  }
}
