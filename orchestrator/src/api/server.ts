import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Access } from "../access/access.ts";
import type { CallBook } from "../calls/callBook.ts";
import type { Clock } from "../clock.ts";
import { checkHealth, type HealthSources } from "../health.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { LegDesk } from "../legs/legDesk.ts";
import type { Library } from "../library/library.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { serveCalls } from "./callRoutes.ts";
import { replyWithErrors } from "./errorReplies.ts";
import { serveEvents } from "./eventRoute.ts";
import { guardApi, isAdmitted } from "./gate.ts";
import { serveJobs } from "./jobRoutes.ts";
import { serveSession } from "./sessionRoute.ts";
import { serveWebhooks } from "./webhookRoutes.ts";

/** Requests carry ids and a few numbers. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** The front door, which says for whom it asks (X-Forwarded-For, -Host and -Proto). */
const isFrontDoor = (_address: string, hop: number) => hop === 0;

export interface ApiSources {
  access: Access;
  calls: CallBook;
  clock: Clock;
  library: Library;
  desk: LegDesk;
  jobs: Jobs;
  health: HealthSources;
  /** What a page needs to be recorded: the demo asks for it. */
  client: { key: string; recorderPeerId: string };
  metrics: Registry;
  log: Logger;
  webhooks: Webhooks;
}

/** The HTTP API, as the README lists it. */
export async function createApi(sources: ApiSources): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: isFrontDoor,
  });
  await app.register(fastifyStatic, { root: sources.library.paths.calls, serve: false });
  replyWithErrors(app, sources.log);
  guardApi(app, sources.access, sources.log);
  serveSession(app, sources.access, sources.log);
  serveCalls(app, sources);
  serveWebhooks(app, sources.webhooks);
  serveJobs(app, sources.jobs);
  serveEvents(app, sources);
  for (const path of ["/health", "/api/health"]) {
    app.get(path, async (request, reply) => {
      const { status, parts } = await checkHealth(sources.health);
      const isTold = path === "/health" || isAdmitted(request, sources.access);
      return reply.code(status === "ok" ? 200 : 503).send({ status, ...(isTold && { parts }) });
    });
  }
  // For Prometheus, within the bundle: the front door passes nothing on but /api.
  app.get("/metrics", async (_request, reply) =>
    reply.type(sources.metrics.contentType).send(await sources.metrics.metrics()),
  );
  app.get("/api/client-configuration", async () => sources.client);
  return app;
}
