import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Break } from "../../orchestrator/src/testing/engineServer.ts";

const SOCKET = "/var/run/docker.sock";

interface OpenAnswer {
  upstream: IncomingMessage;
  response: ServerResponse;
}

/** A proxy to the Docker engine whose answers break off, as those of a killed or frozen docker-guard do. */
export class BreakingProxy {
  readonly #server = createServer((asked, response) => this.#forward(asked, response));
  readonly #open = new Set<OpenAnswer>();
  #broken: { routes: RegExp; how: Break } | undefined;
  /** `METHOD path` of each request, without the query. */
  readonly requests: string[] = [];

  static async open(): Promise<BreakingProxy> {
    const proxy = new BreakingProxy();
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** For dockerode. */
  get address(): { protocol: "http"; host: string; port: number } {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is closed");
    return { protocol: "http", host: "127.0.0.1", port: address.port };
  }

  /**
   * Breaks all answers that are open, and from now on those to requests that match.
   *
   * @param routes tested against `METHOD path`.
   */
  break(how: Break, routes: RegExp): void {
    this.#broken = { routes, how };
    for (const { upstream, response } of this.#open) {
      if (how.startsWith("cut")) response.destroy();
      else upstream.unpipe(response).resume();
    }
  }

  /** Answers pass again. */
  mend(): void {
    this.#broken = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(asked: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = asked;
    const route = `${method} ${url?.split("?")[0]}`;
    this.requests.push(route);
    const how = this.#broken?.routes.test(route) ? this.#broken.how : undefined;
    const options = { socketPath: SOCKET, method, path: url, headers };
    const engine = request(options, (upstream) => answer(upstream, response, how, this.#open));
    engine.on("error", () => response.destroy());
    response.on("close", () => engine.destroy());
    asked.pipe(engine);
  }
}

function answer(
  upstream: IncomingMessage,
  response: ServerResponse,
  how: Break | undefined,
  open: Set<OpenAnswer>,
): void {
  upstream.on("error", () => response.destroy());
  if (how === "hang") return void upstream.resume();
  response.writeHead(upstream.statusCode ?? 502, upstream.headers);
  response.flushHeaders();
  if (how === "hang after headers") return void upstream.resume();
  if (how === "cut after headers") return void setImmediate(() => response.destroy());
  if (how) {
    upstream.once("data", (chunk: Buffer) => {
      response.write(chunk.subarray(0, chunk.length / 2), () => how === "cut in body" && response.destroy());
      upstream.pause();
    });
    return;
  }
  const one = { upstream, response };
  open.add(one);
  response.once("close", () => open.delete(one));
  upstream.pipe(response);
}
