import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";

const Asked = z.object({
  janus: z.string(),
  transaction: z.string(),
  body: z
    .object({ request: z.string(), publisher_id: z.int().optional(), stream_id: z.int().optional() })
    .loose()
    .optional(),
});

interface FakePublisher {
  id: number;
  display?: string;
  streams: { type: string; codec?: string; disabled?: boolean }[];
}

export interface FakeForwarder {
  stream_id: number;
  ssrc: number;
  port: number;
}

const HANDLE = 7;

/** A fake VideoRoom, for what a real one cannot do in a test: lose a connection while the room stays. */
export class FakeJanus implements AsyncDisposable {
  readonly publishers = new Map<number, FakePublisher>();
  readonly forwarders = new Map<number, FakeForwarder[]>();
  readonly #server: WebSocketServer;
  #count = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => socket.on("message", (text) => this.#take(socket, String(text))));
  }

  static async open(): Promise<FakeJanus> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await new Promise((resolve) => server.once("listening", resolve));
    return new FakeJanus(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  publish(publisher: FakePublisher): void {
    this.publishers.set(publisher.id, publisher);
    this.tell({ videoroom: "event", publishers: [publisher] });
  }

  unpublish(id: number): void {
    this.publishers.delete(id);
    this.forwarders.delete(id);
    this.tell({ videoroom: "event", unpublished: id });
  }

  /** Sends an event to all clients. */
  tell(data: object): void {
    for (const socket of this.#server.clients)
      this.#send(socket, { janus: "event", sender: HANDLE, plugindata: { data } });
  }

  /** Closes all connections. */
  cut(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  /** Simulates a restart of Janus. */
  forget(): void {
    this.publishers.clear();
    this.forwarders.clear();
    this.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: WebSocket, text: string): void {
    const { janus, transaction, body } = Asked.parse(JSON.parse(text));
    this.#count += 1;
    if (janus === "create") this.#send(socket, { janus: "success", transaction, data: { id: this.#count } });
    else if (janus === "attach") this.#send(socket, { janus: "success", transaction, data: { id: HANDLE } });
    else if (janus === "ping") this.#send(socket, { janus: "pong", transaction });
    else if (body?.request === "join") {
      this.#send(socket, { janus: "ack", transaction });
      const data = { videoroom: "joined", publishers: [...this.publishers.values()] };
      this.#send(socket, { janus: "event", sender: HANDLE, transaction, plugindata: { data } });
    } else if (body) this.#send(socket, { janus: "success", transaction, plugindata: { data: this.#answer(body) } });
    else this.#send(socket, { janus: "ack", transaction });
  }

  #answer(body: NonNullable<z.infer<typeof Asked>["body"]>): object {
    const id = body.publisher_id ?? 0;
    const all = this.forwarders.get(id) ?? [];
    switch (body.request) {
      case "rtp_forward": {
        if (!this.publishers.has(id)) return { videoroom: "event", error_code: 428, error: "No such feed" };
        const added = (["audio", "video"] as const).flatMap((kind) => {
          const [port, ssrc] = [body[`${kind}_port`], body[`${kind}_ssrc`]];
          this.#count += 1;
          return port === undefined ? [] : [{ stream_id: this.#count, ssrc: Number(ssrc), port: Number(port) }];
        });
        this.forwarders.set(id, [...all, ...added]);
        return { rtp_stream: { audio_stream_id: added[0]?.stream_id } };
      }
      case "stop_rtp_forward":
        this.forwarders.set(
          id,
          all.filter(({ stream_id }) => stream_id !== body.stream_id),
        );
        return { videoroom: "stop_rtp_forward" };
      default:
        return {
          videoroom: "forwarders",
          publishers: [...this.forwarders].map(([publisher_id, forwarders]) => ({ publisher_id, forwarders })),
        };
    }
  }

  #send(socket: WebSocket, message: object): void {
    socket.send(JSON.stringify(message));
  }
}
