import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "pino";
import type { Dispatcher } from "undici";
import { z } from "zod";
import { readBody } from "./body.ts";
import { isNameOf } from "./containerName.ts";
import type { Engine } from "./engine.ts";
import { Refusal } from "./errors.ts";
import { gatewayList } from "./gatewayList.ts";
import { liveShape } from "./liveShape.ts";
import type { Metrics } from "./metrics.ts";
import type { OpenRequests } from "./openRequests.ts";
import type { Ownership } from "./ownership.ts";
import { recorderShape } from "./recorderShape.ts";
import { type AdmittedRequest, admit } from "./routes.ts";
import { transcoderShape } from "./transcoderShape.ts";
import { uploaderShape } from "./uploaderShape.ts";

/** The request to the engine. It is rebuilt from parsed values; the client's bytes are never forwarded. */
interface Forwarded {
  method: Dispatcher.HttpMethod;
  path: string;
  query: Record<string, string>;
  body?: string;
  /** Keeps only these fields of the engine's answer. */
  answerSchema?: z.ZodType;
}

const UPGRADE_REFUSED = [
  "HTTP/1.1 403 Forbidden",
  "Connection: close",
  "Content-Type: application/json",
  "",
  JSON.stringify({ message: "docker-guard: connection upgrades are not allowed" }),
].join("\r\n");

/**
 * An HTTP server for the part of the Docker Engine API that recorders need. It refuses everything else.
 *
 * Every request is parsed, checked against a table, and rebuilt for the engine. Bodies and headers are not passed
 * through, so the guard and the engine cannot interpret a request differently.
 */
export function createGuard(
  engine: Engine,
  ownership: Ownership,
  openRequests: OpenRequests,
  metrics: Metrics,
  log: Logger,
): Server {
  /** Containers that are being created: the engine may not list them yet. */
  let creating = 0;
  const server = createServer({ maxHeaderSize: 8_192, requireHostHeader: true }, (request, response) => {
    void answer(request, response);
  });
  // Attach, exec and BuildKit sessions use upgrades. Recorders need neither upgrades nor CONNECT tunnels.
  for (const event of ["upgrade", "connect"]) {
    server.on(event, ({ method, url }: IncomingMessage, socket: Duplex) => {
      log.warn({ method, path: url?.slice(0, 200), code: "ROUTE_NOT_ALLOWED" }, "refused");
      metrics.refused("ROUTE_NOT_ALLOWED");
      socket.on("error", () => socket.destroy());
      socket.end(UPGRADE_REFUSED);
    });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const clientClosed = new AbortController();
    response.once("close", () => clientClosed.abort());
    let ended = () => {};
    try {
      const admitted = admit(request.method ?? "", request.url ?? "");
      if (admitted.isWait) ended = openRequests.open();
      const forwarded = await prepare(admitted, await readBody(request));
      if (!forwarded) {
        reply(response, 404, `No such container: ${request.url}`);
        return;
      }
      const began = performance.now();
      const { answerSchema, ...upstreamRequest } = forwarded;
      const options = { ...upstreamRequest, ...bodyHeaders(forwarded), signal: clientClosed.signal };
      const upstream = await (admitted.isWait
        ? engine.wait(options)
        : isCreation(admitted)
          ? create(() => engine.request(options))
          : engine.request(options));
      metrics.answered(admitted.route, upstream.statusCode, (performance.now() - began) / 1000);
      const type = upstream.headers["content-type"];
      response.writeHead(upstream.statusCode, typeof type === "string" ? { "content-type": type } : {});
      if (answerSchema && upstream.statusCode === 200) {
        response.end(JSON.stringify(answerSchema.parse(await upstream.body.json())));
        return;
      }
      response.flushHeaders();
      await pipeline(upstream.body, response);
    } catch (error) {
      fail(request, response, error, clientClosed.signal.aborted);
    } finally {
      ended();
    }
  }

  async function create<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    creating += 1;
    try {
      await ownership.checkCount(creating);
      return await request();
    } finally {
      creating -= 1;
    }
  }

  async function prepare(request: AdmittedRequest, body: string): Promise<Forwarded | undefined> {
    const { target } = request;
    if (target.kind !== "new-container" && body !== "") {
      throw new Refusal("BODY_NOT_ALLOWED", "this request must not have a body");
    }
    const forwarded: Forwarded = {
      method: request.method as Dispatcher.HttpMethod,
      path: request.path,
      query: { ...request.query },
    };
    switch (target.kind) {
      case "engine":
        return forwarded;
      case "containers":
        if (sameLabels(request.query["filters"], ownership.gatewayLabels)) {
          const filters = JSON.stringify({ label: ownership.gatewayLabels });
          return { ...forwarded, query: { filters }, answerSchema: gatewayList };
        }
        forwarded.query["filters"] = ownFilters(request.query["filters"], ownership.labelFilter);
        return forwarded;
      case "new-container":
        return { ...forwarded, body: await checkedShape(body, request.query["name"] ?? "") };
      case "container": {
        const reading = request.path.endsWith("/json");
        const id = await ownership.containerId(target.reference, reading);
        if (id === undefined) return undefined;
        return { ...forwarded, path: request.path.replace(`/containers/${target.reference}`, `/containers/${id}`) };
      }
      case "image":
        if (!ownership.ownsImage(target.reference))
          throw new Refusal("NOT_OURS", "only the images of this bundle's containers can be inspected");
        return forwarded;
    }
  }

  async function checkedShape(body: string, name: string): Promise<string> {
    const shape = await shapeOf(parseJson(body), ownership);
    if (!shape.success) {
      const reasons = shape.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
      throw new Refusal("SHAPE_NOT_ALLOWED", reasons.slice(0, 5).join("; "));
    }
    if (!isNameOf(name, shape.data.Labels, ownership.project)) {
      throw new Refusal("SHAPE_NOT_ALLOWED", `${JSON.stringify(name)} is not the name of this container`);
    }
    return JSON.stringify(shape.data);
  }

  function fail(request: IncomingMessage, response: ServerResponse, error: unknown, clientGone: boolean): void {
    if (clientGone) return;
    const requestFields = { method: request.method, path: request.url?.slice(0, 200) };
    if (error instanceof Refusal) {
      log.warn({ ...requestFields, code: error.code, reason: error.message }, "refused");
      metrics.refused(error.code);
      reply(response, error.status, `docker-guard: ${error.message}`);
    } else {
      log.error({ ...requestFields, err: error }, "the Docker engine did not answer");
      metrics.failed();
      reply(response, 502, "docker-guard: the Docker engine did not answer");
    }
  }

  return server;
}

/** Selects the shape by image; the recorder image is the default. Most containers are recorders: others are asked for last. */
async function shapeOf(body: unknown, ownership: Ownership) {
  const facts = await ownership.shapeFacts();
  const image = z.object({ Image: z.string() }).safeParse(body).data?.Image;
  if (image === facts.imageId) return recorderShape(facts).safeParse(body);
  const [transcoder, uploader, live] = await Promise.all([
    ownership.transcoderImageId(),
    ownership.uploaderFacts(),
    ownership.liveFacts(),
  ]);
  if (transcoder && image === transcoder) return transcoderShape(facts, transcoder).safeParse(body);
  if (uploader && image === uploader.imageId) return uploaderShape(facts, uploader).safeParse(body);
  if (live && image === live.imageId) return liveShape(facts, live).safeParse(body);
  return recorderShape(facts).safeParse(body);
}

const isCreation = ({ target }: AdmittedRequest): boolean => target.kind === "new-container";

function bodyHeaders(forwarded: Forwarded): { headers?: Record<string, string> } {
  return forwarded.body === undefined ? {} : { headers: { "content-type": "application/json" } };
}

function reply(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify({ message }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal("MALFORMED", "the body is not JSON");
  }
}

/** The client's label filters plus this bundle's label. All other filters are dropped. */
function ownFilters(filters: string | undefined, own: string): string {
  return JSON.stringify({ label: [...new Set([own, ...wantedLabels(filters)])] });
}

function sameLabels(filters: string | undefined, labels: readonly string[]): boolean {
  const wanted = wantedLabels(filters);
  return wanted.length === labels.length && labels.every((label) => wanted.includes(label));
}

function wantedLabels(filters: string | undefined): string[] {
  const parsed: unknown = filters === undefined ? {} : parseJson(filters);
  const labels = typeof parsed === "object" && parsed !== null && "label" in parsed ? parsed.label : [];
  return Array.isArray(labels) ? labels.filter((label) => typeof label === "string") : [];
}
