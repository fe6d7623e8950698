import type { FastifyInstance } from "fastify";
import type { PeerRegistry } from "./peerRegistry.ts";

/** The REST paths of SkyWay's signalling server that skyway-js asks for, and the health of this one. */
export function serveRest(app: FastifyInstance, registry: PeerRegistry): void {
  app.addHook("onRequest", async (request, reply) => {
    const origin = request.headers.origin;
    if (origin) reply.headers({ "access-control-allow-origin": origin, vary: "Origin" });
  });

  app.get<{ Params: { key: string } }>("/api/apikeys/:key/clients/", async ({ params }, reply) => {
    const ids = registry.ids(params.key);
    return ids ?? reply.code(404).send({ error: { code: "INVALID_KEY", message: "This API key is not known here." } });
  });

  app.get<{ Params: { key: string; id: string } }>("/api/apikeys/:key/peers/:id/exists", async ({ params }) => ({
    exists: registry.find(params.key, params.id) !== undefined,
  }));

  // The dispatcher names the host to connect to: here it is the one that was asked.
  app.get("/signaling", async (request) => ({ domain: request.hostname }));

  app.get("/health", async () => ({ status: "ok", peers: registry.size }));
}
