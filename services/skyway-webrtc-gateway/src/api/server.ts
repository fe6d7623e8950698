import { isIPv6 } from "node:net";
import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { METRICS_PATH, metricsHandler } from "@skyway-call-recorder/process/metrics.ts";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { DataConnections } from "../connections/dataConnections.ts";
import type { MediaConnections } from "../connections/mediaConnections.ts";
import type { ContentPorts } from "../content/contentPorts.ts";
import { GatewayError } from "../errors.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { Peers } from "../peers/peers.ts";
import type { HeldMemory } from "../rtp/heldMemory.ts";
import type { PublishedPort } from "../webrtc/publishedPort.ts";
import { readBody } from "./body.ts";
import { contentRoutes } from "./contentRoutes.ts";
import { dataConnectionRoutes } from "./dataConnectionRoutes.ts";
import { errorBody } from "./errorBody.ts";
import type { Handlers } from "./handlers.ts";
import { mediaConnectionRoutes } from "./mediaConnectionRoutes.ts";
import { commandTypeOf, METHODS, OPERATIONS, type OperationName, pathsAndMethods } from "./operations.ts";
import { peerRoutes } from "./peerRoutes.ts";
import { publishedPortRoute } from "./publishedPortRoute.ts";
import { acceptsJson, refuseUnreadable, requestError } from "./requestErrors.ts";
import { limitRequests, REQUEST_LIMIT_MS } from "./requestLimit.ts";

/** Only metadata can be long; signalling has the same limit. */
export const BODY_LIMIT_BYTES = 256 * 1024;
const PATH_PARAMETER_LIMIT = 512;
const HEADERS_CHECK_INTERVAL_MS = 1_000;

/** The command type in errors about unknown paths. */
const UNKNOWN_COMMAND = "UNKNOWN";

declare module "fastify" {
  interface FastifyContextConfig {
    commandType?: string;
  }
}

export interface ApiDependencies {
  peers: Peers;
  connections: MediaConnections;
  dataConnections: DataConnections;
  ports: ContentPorts;
  publishedPort: PublishedPort;
  /** The address of `ports`, as given in replies. */
  contentAddress: string;
  held: HeldMemory;
  clock: Clock;
  log: Logger;
}

/** The REST API of the SkyWay WebRTC Gateway. */
export function createApi({
  peers,
  connections,
  dataConnections,
  ports,
  publishedPort,
  contentAddress,
  held,
  clock,
  log,
}: ApiDependencies): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    http: { headersTimeout: REQUEST_LIMIT_MS, connectionsCheckingInterval: HEADERS_CHECK_INTERVAL_MS },
    // HEAD on an event path would consume an event.
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: PATH_PARAMETER_LIMIT, ignoreTrailingSlash: true },
    clientErrorHandler: refuseUnreadable,
    // Fastify runs no hook for these errors.
    frameworkErrors: (error, request, reply) => {
      const failure = requestError(error);
      reply.hijack();
      const command = commandTypeOf(request.method, request.url.split("?")[0] ?? "");
      const body = JSON.stringify(errorBody(command ?? UNKNOWN_COMMAND, failure));
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      reply.raw.writeHead(failure.status, headers).end(body);
    },
  });

  limitRequests(app, clock);
  readBody(app);
  app.addHook("onRequest", async (request) => {
    if (request.url !== METRICS_PATH && !acceptsJson(request.headers.accept)) throw new GatewayError("NOT_ACCEPTABLE");
  });
  app.addHook("onSend", async (request, reply, payload) => {
    // Exactly this, without a charset: some clients select their decoder by it.
    if (request.url !== METRICS_PATH && reply.statusCode !== 204) reply.header("content-type", "application/json");
    return payload;
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = requestError(error);
    logFailure(failure, error, request);
    // Fastify would close the connection when a body is too large, before the client has read the error.
    reply.removeHeader("connection");
    return reply.code(failure.status).send(errorBody(commandType(request), failure));
  });
  app.setNotFoundHandler(() => {
    throw new GatewayError("UNKNOWN_PATH");
  });

  const handlers: Handlers = {
    ...peerRoutes(peers, publishedPort),
    ...publishedPortRoute(publishedPort),
    ...mediaConnectionRoutes(connections, peers, ports),
    ...dataConnectionRoutes(dataConnections, peers),
    ...contentRoutes(ports, isIPv6(contentAddress) ? { ip_v6: contentAddress } : { ip_v4: contentAddress }),
    async health() {
      if (peers.isClosing) throw new GatewayError("SHUTTING_DOWN");
      return {
        status: "ok",
        peers: peers.counts,
        calls: connections.running,
        published_port: publishedPort.isKnown ? publishedPort.number : null,
      };
    },
  };
  app.get(METRICS_PATH, metricsHandler(createMetrics(peers, connections, dataConnections.totals, held))); // not part of the API, and not JSON
  for (const [name, { method, path, commandType }] of Object.entries(OPERATIONS)) {
    const handler = handlers[name as OperationName];
    if (!handler) throw new Error(`no handler for ${name}`);
    app.route({ method, url: path, config: { commandType }, handler });
  }
  for (const [url, { methods, commandType }] of pathsAndMethods()) {
    const others = METHODS.filter((method) => !(methods as string[]).includes(method));
    app.route({
      method: others,
      url,
      config: { commandType },
      handler: async (_request, reply) => {
        reply.header("allow", methods.join(", "));
        throw new GatewayError("METHOD_NOT_ALLOWED");
      },
    });
  }
  return app;

  function logFailure(failure: GatewayError, error: unknown, { method, url }: FastifyRequest): void {
    // The query contains tokens.
    const fields = { code: failure.code, method, path: url.split("?")[0], reason: failure.message };
    if (failure.fault === "ours") log.error({ ...fields, err: error }, "request failed");
    else if (failure.code !== "NO_EVENT") log.debug(fields, "request refused");
  }
}

function commandType(request: FastifyRequest): string {
  return request.routeOptions.config.commandType ?? UNKNOWN_COMMAND;
}
