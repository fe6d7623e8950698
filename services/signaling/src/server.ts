import type { AddressInfo } from "node:net";
import { AwakeClock } from "@skyway-call-recorder/process/awakeClock.ts";
import { type Clock, wallClock } from "@skyway-call-recorder/process/clock.ts";
import Fastify from "fastify";
import type { Logger } from "pino";
import type { Configuration } from "./configuration.ts";
import { type InternalListener, openInternalListener } from "./internalListener.ts";
import { Metrics } from "./metrics.ts";
import { servePeerJs } from "./peerjs/webSocketServer.ts";
import type { ProtocolServer } from "./protocolServer.ts";
import { serveRest } from "./restApi.ts";
import { serveSkyway } from "./skyway/socketServer.ts";
import { Tenants } from "./tenants.ts";
import { REQUEST_LIMIT_MS, WATCH_INTERVAL_MS } from "./times.ts";
import { serveWhip } from "./whip/whipServer.ts";

export interface Signaling {
  readonly port: number;
  /** Port for services of this bundle. */
  readonly internalPort: number | undefined;
  /** Drops every client so that it reconnects to the next server process. */
  close(): Promise<void>;
}

/** Starts signalling. Resolves when it listens. */
export async function startSignaling(
  configuration: Configuration,
  log: Logger,
  clock: Clock = new AwakeClock(wallClock),
): Promise<Signaling> {
  const { apiKeys, secretKeys, turn, port, internalPort, listenAddress } = configuration;
  const tenants = new Tenants(apiKeys, secretKeys, clock);
  // Requests are not logged, because their URLs contain tokens.
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_LIMIT_MS,
    routerOptions: { ignoreTrailingSlash: true },
  });
  const metrics = new Metrics(tenants);
  serveRest(app, tenants, metrics, turn);
  let internalListener: InternalListener | undefined;
  const servers = [
    serveSkyway(app.server, tenants, metrics, log, () => internalListener),
    servePeerJs(app, tenants, metrics, log),
    serveWhip(app, tenants, metrics, turn, log),
  ];
  const stopWatching = watchOver(servers, clock);
  app.addHook("preClose", async () => {
    stopWatching();
    for (const server of servers) server.close();
    internalListener?.close();
  });
  await app.listen({ port, host: listenAddress });
  if (internalPort !== undefined)
    internalListener = await openInternalListener(app.server, internalPort, listenAddress);
  return {
    port: (app.server.address() as AddressInfo).port,
    internalPort: internalListener?.port,
    close: () => app.close(),
  };
}

function watchOver(servers: readonly ProtocolServer[], clock: Clock): () => void {
  const watch = () => {
    for (const server of servers) server.watch();
    cancel = clock.after(WATCH_INTERVAL_MS, watch);
  };
  let cancel = clock.after(WATCH_INTERVAL_MS, watch);
  return () => cancel();
}
