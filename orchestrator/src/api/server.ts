import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { CallBook } from "../calls/callBook.ts";
import { checkHealth, type HealthSources } from "../health.ts";
import type { LegDesk } from "../legs/legDesk.ts";
import type { Library } from "../library/library.ts";
import { serveCalls } from "./callRoutes.ts";
import { replyWithErrors } from "./errorReplies.ts";
import { serveEvents } from "./eventRoute.ts";

export interface ApiSources {
  calls: CallBook;
  library: Library;
  desk: LegDesk;
  health: HealthSources;
  /** What a page needs to be recorded: the demo asks for it. */
  client: { key: string; recorderPeerId: string };
  metrics: Registry;
  log: Logger;
}

/** The HTTP API, as the README lists it. */
export async function createApi(sources: ApiSources): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  await app.register(fastifyStatic, { root: sources.library.paths.calls, serve: false });
  replyWithErrors(app, sources.log);
  serveCalls(app, sources.calls, sources.library, sources.desk);
  serveEvents(app, sources.calls);
  for (const path of ["/health", "/api/health"]) {
    app.get(path, async (_request, reply) => {
      const health = await checkHealth(sources.health);
      return reply.code(health.status === "ok" ? 200 : 503).send(health);
    });
  }
  // For Prometheus, within the bundle: the front door passes nothing on but /api.
  app.get("/metrics", async (_request, reply) =>
    reply.type(sources.metrics.contentType).send(await sources.metrics.metrics()),
  );
  app.get("/api/client-configuration", async () => sources.client);
  return app;
}
