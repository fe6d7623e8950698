import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How an answer of the engine breaks. */
export type Break =
  /** The connection ends after the headers. */
  | "cut after headers"
  /** The connection ends in the middle of the body. */
  | "cut in body"
  /** Nothing is answered, and the connection stays open. */
  | "hang"
  /** The headers arrive, then nothing. */
  | "hang after headers"
  /** The first half of the body arrives, then nothing. */
  | "hang in body";

export const BREAKS: readonly Break[] = [
  "cut after headers",
  "cut in body",
  "hang",
  "hang after headers",
  "hang in body",
];

export interface EngineAnswer {
  status?: number;
  body?: string | Buffer;
  break?: Break;
  /** The answer does not end: a followed log, or a container that is waited for. */
  isOpen?: boolean;
}

/** A real HTTP server on a unix socket that plays the Docker engine, with the breaks that a test orders. */
export class EngineServer {
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #path = join(tmpdir(), `engine-${randomUUID()}.sock`);
  readonly #open = new Set<ServerResponse>();
  /** `METHOD path` of each request, without the query. */
  readonly requests: string[] = [];
  /** Answers a request; undefined: 404. */
  onRequest: (route: string) => EngineAnswer | undefined = () => undefined;

  static async listen(): Promise<EngineServer> {
    const engine = new EngineServer();
    await new Promise<void>((resolve) => engine.#server.listen(engine.#path, resolve));
    return engine;
  }

  /** For dockerode. */
  get address(): { socketPath: string } {
    return { socketPath: this.#path };
  }

  /** How many requests began with this text. */
  count(route: string): number {
    return this.requests.filter((one) => one.startsWith(route)).length;
  }

  /** Breaks every answer that is open, as a killed process does. */
  cut(): void {
    for (const response of this.#open) response.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#path, { force: true });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const route = `${request.method} ${request.url?.split("?")[0]}`;
    this.requests.push(route);
    const { status = 200, body = "", break: how, isOpen } = this.onRequest(route) ?? { status: 404, body: "{}" };
    if (how === "hang") return;
    const half = body.slice(0, Math.ceil(body.length / 2));
    response.writeHead(status, { "content-type": "application/json" });
    response.flushHeaders();
    this.#open.add(response);
    response.once("close", () => this.#open.delete(response));
    if (how === "hang after headers") return;
    if (how === "hang in body") return void response.write(half);
    if (how === "cut after headers") return void setImmediate(() => response.destroy());
    if (how === "cut in body") return void response.write(half, () => response.destroy());
    if (isOpen) return void response.write(body);
    response.end(body);
  }
}
