import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { createApi } from "./api/server.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Media } from "./connections/mediaConnection.ts";
import { MediaConnections } from "./connections/mediaConnections.ts";
import { LOCKSTEP_MS } from "./events/pollingClient.ts";
import { Peers } from "./peers/peers.ts";

/** Last events reach their polls within this time, even those that go out in step. */
const LAST_WORDS_MS = LOCKSTEP_MS + 50;

export interface Surroundings {
  signalingUrl: string;
  media: Media;
  log: Logger;
  clock?: Clock;
}

export interface Gateway {
  api: FastifyInstance;
  /** Ends every call in order (BYE, then CLOSE), leaves signalling, stops listening. */
  close(): Promise<void>;
}

/** Puts the gateway together; `api.listen` starts it. */
export function createGateway({ signalingUrl, media, log, clock = systemClock }: Surroundings): Gateway {
  const connections = new MediaConnections(clock);
  const peers = new Peers(signalingUrl, { connections, media, clock, log });
  const api = createApi(peers, connections, log);
  return {
    api,
    async close() {
      await peers.closeAll();
      await wait(LAST_WORDS_MS);
      await api.close();
    },
  };
}
