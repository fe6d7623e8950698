import type { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import { withinLimit } from "./withinLimit.ts";

const DEFAULT_ADDRESS = "unix:///var/run/docker.sock";

/** The engine answered with an error status. */
class EngineRefusal extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.name = "EngineRefusal";
    this.statusCode = statusCode;
  }
}

export interface EngineRequest {
  method: "GET" | "POST" | "DELETE";
  /** Without version: the engine then uses its newest. */
  path: string;
  query?: Record<string, string | boolean>;
  body?: unknown;
  /** Milliseconds until the whole answer must have arrived; for a stream, until it begins. */
  limitMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * HTTP client for the Docker Engine API. Every request has a time limit. An answer that breaks off is an error.
 *
 * @param address as in DOCKER_HOST: `unix:///path` or `tcp://host:port`.
 */
export class EngineClient {
  readonly #agent: Agent;
  readonly #origin: string;

  constructor(address = process.env["DOCKER_HOST"] || DEFAULT_ADDRESS) {
    const { protocol, host, pathname } = new URL(address);
    const socketPath = protocol === "unix:" ? pathname : undefined;
    this.#origin = socketPath ? "http://engine" : `http://${host}`;
    // The limit of each request replaces the client's own time limits.
    this.#agent = new Agent({ ...(socketPath && { connect: { socketPath } }), headersTimeout: 0, bodyTimeout: 0 });
  }

  /** The answer's JSON; undefined if it has no body. */
  async json(request: EngineRequest): Promise<unknown> {
    const text = await this.#ask(request, ({ body }) => body.text());
    return text === "" ? undefined : JSON.parse(text);
  }

  async bytes(request: EngineRequest): Promise<Buffer> {
    return Buffer.from(await this.#ask(request, ({ body }) => body.bytes()));
  }

  /** Resolves when the answer begins. The stream has no time limit. */
  async stream(request: EngineRequest): Promise<Readable> {
    return this.#ask(request, async ({ body }) => body);
  }

  #ask<Answer>(
    { method, path, query = {}, body, limitMs, signal }: EngineRequest,
    read: (answer: Dispatcher.ResponseData) => Promise<Answer>,
  ): Promise<Answer> {
    return withinLimit(
      async (over) => {
        const answer = await this.#agent.request({
          ...{ origin: this.#origin, method, path, query, signal: over },
          ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
          // A connection that was kept may be dead without notice after a restart of docker-guard.
          reset: true,
        });
        if (answer.statusCode >= 400) throw new EngineRefusal(answer.statusCode, await messageOf(answer));
        return read(answer);
      },
      limitMs,
      signal,
    );
  }
}

/** The engine's own words. */
async function messageOf({ body, statusCode }: Dispatcher.ResponseData): Promise<string> {
  const text = await body.text();
  try {
    return String(JSON.parse(text).message);
  } catch {
    return text || `status ${statusCode}`;
  }
}
