import { METRICS_PATH, metricsHandler } from "@skyway-call-recorder/process/metrics.ts";
import type { FastifyInstance } from "fastify";
import { ERRORS, SignalingError } from "./errors.ts";
import { generatePeerId, type PeerId } from "./ids.ts";
import type { Metrics } from "./metrics.ts";
import { iceServerFor, type Turn } from "./turn.ts";
import type { Worlds } from "./worlds.ts";

const HOST_NAME = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])$/;
/** skyway-js says that the list of peers is not permitted for this status, and passes others over in silence. */
const UNKNOWN_KEY_STATUS = 401;

/** The REST paths of SkyWay's signalling server that skyway-js asks for, and the health of this one. */
export function serveRest(app: FastifyInstance, worlds: Worlds, { registry }: Metrics, turn: Turn | undefined): void {
  app.addHook("onRequest", async (_, reply) => {
    reply.headers({ "access-control-allow-origin": "*", "cache-control": "no-store" });
  });

  app.get<{ Params: { key: string } }>("/api/apikeys/:key/clients/", async ({ params }, reply) => {
    return worlds.find(params.key)?.connectedIds() ?? reply.code(UNKNOWN_KEY_STATUS).send(UNKNOWN_KEY);
  });

  app.get<{ Params: { key: string; id: string } }>("/api/apikeys/:key/peers/:id/exists", async ({ params }, reply) => {
    const world = worlds.find(params.key);
    if (!world) return reply.code(UNKNOWN_KEY_STATUS).send(UNKNOWN_KEY);
    return { exists: world.isConnected(params.id as PeerId) };
  });

  // Of our own: skyway-js itself knows the servers of SkyWay's cloud alone. Admits whom signalling would register.
  app.get<{ Params: { key: string }; Querystring: { peerId?: unknown; credential?: unknown } }>(
    "/api/apikeys/:key/ice-servers",
    async ({ params, query }, reply) => {
      try {
        const { peerId, credential } = query;
        const admission = worlds.admit({ apiKey: params.key, peerId, token: undefined, credential });
        const subject = admission.peerId ?? generatePeerId();
        return { iceServers: turn ? [iceServerFor(turn, subject, worlds.clock.now())] : [] };
      } catch (error) {
        if (!(error instanceof SignalingError)) throw error;
        return reply.code(UNKNOWN_KEY_STATUS).send({ error: { code: error.code, message: error.message } });
      }
    },
  );

  // The dispatcher names the host to connect to, always by TLS on port 443: here it is the one that was asked.
  app.get("/signaling", async ({ hostname }, reply) => {
    if (HOST_NAME.test(hostname)) return { domain: hostname };
    return reply.code(400).send({ error: { code: "INVALID_HOST", message: "The Host header is not a host name." } });
  });

  // For Prometheus, within the bundle: the front door does not know this path.
  app.get(METRICS_PATH, metricsHandler(registry));

  app.get("/health", async () => ({ status: "ok", peers: worlds.size }));
}

const UNKNOWN_KEY = { error: { code: "INVALID_KEY", message: ERRORS.INVALID_KEY.message } };
