import { createRequire } from "node:module";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { io as ioOfToday } from "socket.io-client";
import { KEY } from "./signaling.ts";

const LIMIT_MS = 10_000;

interface Engine {
  /** Received from the server, in milliseconds. */
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly transport: { readonly name: string };
  once(event: "pong", listener: () => void): unknown;
  sendPacket(type: "ping"): void;
}

/** What both versions of socket.io-client have in common. */
interface ClientSocket {
  readonly connected: boolean;
  readonly io: { readonly engine: Engine };
  on(event: string, listener: (body: never) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
}
type Connect = (origin: string, options: Record<string, unknown>) => ClientSocket;

/** The client library of skyway-js 4.4.5: socket.io 2, Engine.IO 3. */
const ioOfSkyway: Connect = createRequire(createRequire(import.meta.url).resolve("skyway-js"))("socket.io-client");

export type Version = "socket.io 2" | "socket.io 4";
const CONNECT: Record<Version, Connect> = {
  "socket.io 2": ioOfSkyway,
  "socket.io 4": (origin, options) => ioOfToday(origin, options) as unknown as ClientSocket,
};

export interface ClientOptions {
  version?: Version;
  key?: string;
  peerId?: string;
  token?: string;
  platform?: string;
  credential?: unknown;
  transports?: string[];
  /** skyway-js enables it. Off by default here, for tests of a single connection. */
  reconnection?: boolean;
}

const EVENTS = ["OPEN", "ERROR", "OFFER", "ANSWER", "CANDIDATE", "LEAVE", "FORCE_CLOSE", "AUTH_EXPIRES_IN"];

/** A client with the protocol of skyway-js that records all received messages. */
export class Client implements Disposable {
  // biome-ignore lint/suspicious/noExplicitAny: tests check the server's messages.
  readonly heard: { event: string; body: any }[] = [];
  readonly socket: ClientSocket;
  readonly disconnects: string[] = [];
  readonly #version: Version;

  constructor(server: { origin: string }, options: ClientOptions = {}) {
    const { version = "socket.io 2", key = KEY, peerId, token = String(Math.random()), credential } = options;
    this.#version = version;
    const query = new URLSearchParams({ apiKey: key, token, platform: options.platform ?? "javascript" });
    if (peerId !== undefined) query.set("peerId", peerId);
    if (credential !== undefined) query.set("credential", JSON.stringify(credential));
    this.socket = CONNECT[version](server.origin, {
      "force new connection": true,
      forceNew: true,
      // As text, so that spaces are encoded as by skyway-js: as %20, not as a plus.
      query: version === "socket.io 2" ? query.toString().replaceAll("+", "%20") : Object.fromEntries(query),
      transports: options.transports ?? ["polling", "websocket"],
      reconnection: options.reconnection ?? false,
    });
    for (const event of EVENTS) this.socket.on(event, (body: unknown) => this.heard.push({ event, body }));
    this.socket.on("disconnect", (reason: string) => this.disconnects.push(reason));
  }

  /** Registers a client. Resolves when it is open. */
  static async open(server: { origin: string }, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(server, options);
    await client.hears("OPEN");
    return client;
  }

  /** Resolves with the event's body when the client has received it `times` times. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  async hears(event: string, times = 1): Promise<any> {
    const bodies = () => this.heard.filter((one) => one.event === event).map(({ body }) => body);
    try {
      await waitFor(event, () => bodies().length >= times, LIMIT_MS);
    } catch (error) {
      throw new Error(`received only ${JSON.stringify(this.heard)}`, { cause: error });
    }
    return bodies()[times - 1];
  }

  /** Sends an offer like skyway-js. Answers and candidates below also have its format. */
  offer(dst: string, connectionId = "mc_1", more: object = {}): void {
    const offer = { type: "offer", sdp: "v=0\r\n" };
    this.socket.emit("SEND_OFFER", { offer, dst, connectionId, connectionType: "media", ...more });
  }

  answer(dst: string, connectionId = "mc_1"): void {
    const answer = { type: "answer", sdp: "v=0\r\n" };
    this.socket.emit("SEND_ANSWER", { answer, dst, connectionId, connectionType: "media" });
  }

  candidate(dst: string, number = 0, connectionId = "mc_1"): void {
    const candidate = { candidate: `candidate:${number} 1 udp 1 127.0.0.1 9 typ host`, sdpMid: "0", sdpMLineIndex: 0 };
    this.socket.emit("SEND_CANDIDATE", { candidate, dst, connectionId, connectionType: "media" });
  }

  forceClose(dst: string, connectionId = "mc_1"): void {
    this.socket.emit("SEND_FORCE_CLOSE", { dst, connectionId });
  }

  get events(): string[] {
    return this.heard.map(({ event }) => event);
  }

  /** Resolves when client and server have upgraded from polling to WebSocket. */
  async reachesWebSocket(): Promise<void> {
    const { engine } = this.socket.io;
    await waitFor("the upgrade", () => engine.transport.name === "websocket", LIMIT_MS);
    if (this.#version !== "socket.io 2") return;
    // The server upgrades last and does not notice a broken link before. Its pong on the WebSocket proves the upgrade.
    let hasAnswered = false;
    engine.once("pong", () => {
      hasAnswered = true;
    });
    engine.sendPacket("ping");
    await waitFor("the server's pong", () => hasAnswered, LIMIT_MS);
  }

  [Symbol.dispose](): void {
    this.socket.disconnect();
  }
}
