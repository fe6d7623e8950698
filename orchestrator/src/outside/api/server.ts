import fastifyStatic from "@fastify/static";
import { METRICS_PATH, metricsHandler } from "@skyway-call-recorder/process/metrics.ts";
import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { CallBook } from "../../archive/calls/callBook.ts";
import type { Library } from "../../archive/library/library.ts";
import type { Clock } from "../../clock.ts";
import type { Jobs } from "../../follow-up/jobs/jobs.ts";
import type { Uploads } from "../../follow-up/upload/uploads.ts";
import type { Dialler } from "../../recording/legs/dialler.ts";
import type { RunningLegs } from "../../recording/legs/runningLegs.ts";
import type { Access } from "../access/access.ts";
import type { TrustedProxies } from "../access/trustedProxies.ts";
import { checkHealth, type HealthSources } from "../health.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { ClientConfiguration, HealthAnswer } from "./answers.ts";
import { serveAudio } from "./audioRoutes.ts";
import { serveCalls } from "./callRoutes.ts";
import { serveDialling } from "./dialRoute.ts";
import { replyWithErrors } from "./errorReplies.ts";
import { serveEvents } from "./eventRoute.ts";
import { guardApi, isAdmitted } from "./gate.ts";
import { serveJobs } from "./jobRoutes.ts";
import { serveLive } from "./liveRoutes.ts";
import { type DescribedRoute, serveDescription } from "./openapi.ts";
import { operation } from "./operation.ts";
import { serveSession } from "./sessionRoute.ts";
import { refuseUnknownParameters } from "./unknownParameters.ts";
import { serveWebhooks } from "./webhookRoutes.ts";

/** Request bodies contain ids and a few numbers only. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** For a whole request, with its body. */
const REQUEST_LIMIT_MS = 30_000;

export interface ApiSources {
  access: Access;
  /** The front door, which is the direct peer, is always trusted. */
  trustedProxies: TrustedProxies;
  calls: CallBook;
  clock: Clock;
  library: Library;
  runningLegs: RunningLegs;
  dialler: Dialler;
  jobs: Jobs;
  health: HealthSources;
  /** What a page needs to be recorded; used by the demo. */
  client: { key: string; recorderPeerId: string };
  metrics: Registry;
  log: Logger;
  uploads: Uploads;
  webhooks: Webhooks;
}

/** The HTTP API, as listed in the README. */
export async function createApi(sources: ApiSources): Promise<{ app: FastifyInstance; routes: DescribedRoute[] }> {
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_LIMIT_MS,
    trustProxy: sources.trustedProxies.trusts,
  });
  await app.register(fastifyStatic, { root: sources.library.paths.calls, serve: false });
  replyWithErrors(app, sources.log);
  const routes = serveDescription(app);
  guardApi(app, sources.access, sources.log);
  refuseUnknownParameters(app);
  serveSession(app, sources.access, sources.log);
  serveCalls(app, sources);
  serveLive(app, sources.library.paths);
  serveAudio(app, sources.library.paths);
  serveDialling(app, sources);
  serveWebhooks(app, sources.webhooks);
  serveJobs(app, sources.jobs);
  serveEvents(app, sources);
  const health = operation({
    summary: "Health of the bundle and of each part",
    answers: {
      200: { description: "All parts are healthy.", schema: HealthAnswer },
      503: { description: "At least one part is failing.", schema: HealthAnswer },
    },
    isOpen: true,
  });
  for (const path of ["/health", "/api/health"]) {
    app.get(path, health, async (request, reply) => {
      const { status, parts } = await checkHealth(sources.health);
      const showsParts = path === "/health" || (await isAdmitted(request, sources.access));
      return reply.code(status === "ok" ? 200 : 503).send({ status, ...(showsParts && { parts }) });
    });
  }
  // For Prometheus, inside the bundle: the front door forwards only /api.
  app.get(METRICS_PATH, metricsHandler(sources.metrics));
  const client = operation({
    summary: "What a page from this origin needs to be recorded",
    answers: { 200: { description: "The API key and the recorder's peer id.", schema: ClientConfiguration } },
  });
  app.get("/api/client-configuration", client, async () => sources.client);
  return { app, routes };
}
