import { METRICS_PATH, metricsHandler } from "@skyway-call-recorder/process/metrics.ts";
import type { FastifyInstance } from "fastify";
import { ERRORS, SignalingError } from "./errors.ts";
import { generatePeerId, type PeerId } from "./ids.ts";
import type { Metrics } from "./metrics.ts";
import type { Tenants } from "./tenants.ts";
import { iceServerFor, type Turn } from "./turn.ts";

const HOST_NAME = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])$/;
/** For this status, skyway-js reports that the list of peers is not permitted. It ignores other error statuses. */
const UNKNOWN_KEY_STATUS = 401;

/** Serves the REST paths that skyway-js requests from SkyWay's signalling server, and health and metrics. */
export function serveRest(app: FastifyInstance, tenants: Tenants, { registry }: Metrics, turn: Turn | undefined): void {
  app.addHook("onRequest", async (_, reply) => {
    reply.headers({ "access-control-allow-origin": "*", "cache-control": "no-store" });
  });

  app.get<{ Params: { key: string } }>("/api/apikeys/:key/clients/", async ({ params }, reply) => {
    return tenants.find(params.key)?.connectedIds() ?? reply.code(UNKNOWN_KEY_STATUS).send(UNKNOWN_KEY);
  });

  app.get<{ Params: { key: string; id: string } }>("/api/apikeys/:key/peers/:id/exists", async ({ params }, reply) => {
    const tenant = tenants.find(params.key);
    if (!tenant) return reply.code(UNKNOWN_KEY_STATUS).send(UNKNOWN_KEY);
    return { exists: tenant.isConnected(params.id as PeerId) };
  });

  // Not part of SkyWay's API: skyway-js only knows the TURN servers of SkyWay's cloud. Same checks as for registration.
  app.get<{ Params: { key: string }; Querystring: { peerId?: unknown; credential?: unknown } }>(
    "/api/apikeys/:key/ice-servers",
    async ({ params, query }, reply) => {
      try {
        const { peerId, credential } = query;
        const admission = tenants.admit({ apiKey: params.key, peerId, token: undefined, credential });
        const subject = admission.peerId ?? generatePeerId();
        return { iceServers: turn ? [iceServerFor(turn, subject, tenants.clock.now())] : [] };
      } catch (error) {
        if (!(error instanceof SignalingError)) throw error;
        return reply.code(UNKNOWN_KEY_STATUS).send({ error: { code: error.code, message: error.message } });
      }
    },
  );

  // The dispatcher returns the host to connect to, always with TLS on port 443. Here it is the requested host.
  app.get("/signaling", async ({ hostname }, reply) => {
    if (HOST_NAME.test(hostname)) return { domain: hostname };
    return reply.code(400).send({ error: { code: "INVALID_HOST", message: "The Host header is not a host name." } });
  });

  // For Prometheus within the bundle. The reverse proxy does not expose this path.
  app.get(METRICS_PATH, metricsHandler(registry));

  app.get("/health", async () => ({ status: "ok", peers: tenants.size }));
}

const UNKNOWN_KEY = { error: { code: "INVALID_KEY", message: ERRORS.INVALID_KEY.message } };
