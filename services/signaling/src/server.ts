import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { Configuration } from "./configuration.ts";
import { serveRest } from "./restApi.ts";
import { serveSkyway } from "./skyway/socketServer.ts";
import { Worlds } from "./worlds.ts";

export interface Signaling {
  readonly port: number;
  /** Lets every client go in such a way that it comes back to the server that starts next. */
  close(): Promise<void>;
}

/** Starts signalling; resolves once it listens. */
export async function startSignaling(configuration: Configuration, log: Logger, clock?: Clock): Promise<Signaling> {
  const { apiKeys, secretKeys, port, listenAddress } = configuration;
  const worlds = new Worlds(apiKeys, secretKeys, clock);
  // Requests are not logged: their addresses hold tokens.
  const app = Fastify({ logger: false, forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  serveRest(app, worlds);
  const door = serveSkyway(app.server, worlds, log);
  app.addHook("preClose", async () => door.close());
  await app.listen({ port, host: listenAddress });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}
