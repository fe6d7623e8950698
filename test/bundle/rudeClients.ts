import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { API_KEY, HTTP_PORT } from "./settings.ts";

/** What a rude client does with its connection. */
export type Rudeness = "trickles its head" | "trickles its body" | "says nothing" | "opens a WebSocket";

const TRICKLE_MS = 1_000;
/** Connections are opened in groups, because the listener's queue is limited. */
const GROUP = 200;
const GROUP_MS = 100;

const WEB_SOCKET = [
  `GET /socket.io/?EIO=3&transport=websocket&apiKey=${API_KEY} HTTP/1.1`,
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "",
  "",
].join("\r\n");

/** Many connections to the bundle's HTTP port that are never used properly. */
export class RudeClients implements Disposable {
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Connections that the bundle closed, or that were not accepted. */
  closed = 0;

  static async open(number: number, rudeness: Rudeness): Promise<RudeClients> {
    const clients = new RudeClients();
    for (let opened = 0; opened < number; opened += 1) {
      if (opened % GROUP === GROUP - 1) await delay(GROUP_MS);
      clients.#open(rudeness);
    }
    return clients;
  }

  get stillOpen(): number {
    return this.#sockets.size;
  }

  #open(rudeness: Rudeness): void {
    const socket = connect(HTTP_PORT, "127.0.0.1");
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.resume();
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      if (this.#sockets.delete(socket)) this.closed += 1;
    });
    socket.on("connect", () => {
      if (rudeness === "opens a WebSocket") socket.write(WEB_SOCKET);
      if (rudeness === "trickles its head")
        this.#trickle(socket, "GET / HTTP/1.1\r\nHost: localhost\r\n", "X-A: b\r\n");
      if (rudeness === "trickles its body") {
        this.#trickle(socket, "POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n", "x");
      }
    });
  }

  #trickle(socket: Socket, first: string, more: string): void {
    socket.write(first);
    const timer = setInterval(() => socket.write(more), TRICKLE_MS);
    this.#timers.add(timer);
    socket.on("close", () => clearInterval(timer));
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
  }
}
