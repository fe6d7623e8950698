import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Configuration } from "./configuration.ts";
import { PeerRegistry } from "./peerRegistry.ts";
import { serveRest } from "./restApi.ts";
import { serveSockets } from "./socketServer.ts";

/**
 * Starts signalling.
 *
 * @param host address to listen on; 0.0.0.0 inside a container.
 * @returns the server, already listening; `close()` ends it and every socket.
 */
export async function startSignaling(
  configuration: Configuration,
  log: Logger,
  host = "0.0.0.0",
): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, routerOptions: { ignoreTrailingSlash: true } });
  const registry = new PeerRegistry(configuration.apiKeys);
  serveRest(app, registry);
  const io = serveSockets(app.server, registry, log);
  app.addHook("preClose", async () => {
    io.disconnectSockets(true);
    io.engine.close();
  });
  await app.listen({ port: configuration.port, host });
  return app;
}
