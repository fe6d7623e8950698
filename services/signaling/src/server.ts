import type { AddressInfo } from "node:net";
import { type Clock, wallClock } from "@skyway-call-recorder/process/clock.ts";
import Fastify from "fastify";
import type { Logger } from "pino";
import type { Configuration } from "./configuration.ts";
import type { Door } from "./door.ts";
import { Metrics } from "./metrics.ts";
import { servePeerJs } from "./peerjs/webSocketServer.ts";
import { serveRest } from "./restApi.ts";
import { openSideDoor, type SideDoor } from "./sideDoor.ts";
import { serveSkyway } from "./skyway/socketServer.ts";
import { WATCH_INTERVAL_MS } from "./times.ts";
import { serveWhip } from "./whip/whipServer.ts";
import { Worlds } from "./worlds.ts";

export interface Signaling {
  readonly port: number;
  /** By which services of this bundle come. */
  readonly sideDoorPort: number | undefined;
  /** Lets every client go in such a way that it comes back to the server that starts next. */
  close(): Promise<void>;
}

/** Starts signalling; resolves once it listens. */
export async function startSignaling(
  configuration: Configuration,
  log: Logger,
  clock: Clock = wallClock,
): Promise<Signaling> {
  const { apiKeys, secretKeys, turn, port, sideDoorPort, listenAddress } = configuration;
  const worlds = new Worlds(apiKeys, secretKeys, clock);
  // Requests are not logged: their addresses hold tokens.
  const app = Fastify({ logger: false, forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  const metrics = new Metrics(worlds);
  serveRest(app, worlds, metrics, turn);
  let sideDoor: SideDoor | undefined;
  const doors = [
    serveSkyway(app.server, worlds, metrics, log, () => sideDoor),
    servePeerJs(app, worlds, metrics, log),
    serveWhip(app, worlds, metrics, turn, log),
  ];
  const stopWatching = watchOver(doors, clock);
  app.addHook("preClose", async () => {
    stopWatching();
    for (const door of doors) door.close();
    sideDoor?.close();
  });
  await app.listen({ port, host: listenAddress });
  if (sideDoorPort !== undefined) sideDoor = await openSideDoor(app.server, sideDoorPort, listenAddress);
  return {
    port: (app.server.address() as AddressInfo).port,
    sideDoorPort: sideDoor?.port,
    close: () => app.close(),
  };
}

function watchOver(doors: readonly Door[], clock: Clock): () => void {
  const watch = () => {
    for (const door of doors) door.watch();
    cancel = clock.after(WATCH_INTERVAL_MS, watch);
  };
  let cancel = clock.after(WATCH_INTERVAL_MS, watch);
  return () => cancel();
}
