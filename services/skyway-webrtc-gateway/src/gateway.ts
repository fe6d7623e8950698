import { setTimeout as wait } from "node:timers/promises";
import { type Clock, monotonicClock } from "@skyway-call-recorder/process/clock.ts";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { createApi } from "./api/server.ts";
import { DataConnections } from "./connections/dataConnections.ts";
import type { Media } from "./connections/mediaConnection.ts";
import { MediaConnections } from "./connections/mediaConnections.ts";
import { ContentPorts } from "./content/contentPorts.ts";
import { LOCKSTEP_MS } from "./events/pollingClient.ts";
import { Peers } from "./peers/peers.ts";
import type { MediaSessions } from "./webrtc/mediaSession.ts";
import type { PublishedPort } from "./webrtc/publishedPort.ts";

/** Last events reach their polls within this time, even those that go out in step. */
const LAST_EVENTS_MS = LOCKSTEP_MS + 50;
/** Whoever has read CLOSE of a call may want its tracks. */
const LAST_QUESTIONS_MS = 1_000;

export interface Surroundings {
  signalingUrl: string;
  media: Media & Pick<MediaSessions, "createDataTransport" | "sendDatagram">;
  /** Where ports for content are bound, and what programs are told: who reaches the API reaches them. */
  content: { bindAddress: string; address: string };
  /** What `media` tells callers. */
  publishedPort: PublishedPort;
  log: Logger;
  clock?: Clock;
}

export interface Gateway {
  api: FastifyInstance;
  /** Ends every call in order (BYE, then CLOSE), leaves signalling, stops listening. */
  close(): Promise<void>;
}

/** Puts the gateway together; `api.listen` starts it. */
export function createGateway({
  signalingUrl,
  media,
  content,
  publishedPort,
  log,
  clock = monotonicClock,
}: Surroundings): Gateway {
  const connections = new MediaConnections(clock);
  const ports = new ContentPorts(content.bindAddress);
  const dataConnections = new DataConnections(clock);
  const createTransport = media.createDataTransport;
  const data = { connections: dataConnections, ports, createTransport, sendDatagram: media.sendDatagram };
  const peers = new Peers(signalingUrl, { connections, media, data, clock, log });
  const api = createApi({
    peers,
    connections,
    dataConnections,
    ports,
    publishedPort,
    contentAddress: content.address,
    clock,
    log,
  });
  return {
    api,
    async close() {
      const hadCalls = connections.running > 0;
      await peers.closeAll();
      ports.closeAll();
      await wait(hadCalls ? LAST_QUESTIONS_MS : LAST_EVENTS_MS);
      await api.close();
    },
  };
}
