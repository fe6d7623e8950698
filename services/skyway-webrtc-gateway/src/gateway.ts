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
import { HeldMemory } from "./rtp/heldMemory.ts";
import type { MediaSessions } from "./webrtc/mediaSessions.ts";
import type { PublishedPort } from "./webrtc/publishedPort.ts";

/** Pending polls receive the last events within this time, including delayed deliveries. */
const LAST_EVENTS_MS = LOCKSTEP_MS + 50;
/** After reading CLOSE, a program may still request the call's tracks. */
const LAST_REQUESTS_MS = 1_000;

export interface GatewayDependencies {
  signalingUrl: string;
  media: Media & Pick<MediaSessions, "createDataTransport" | "sendDatagram">;
  /** Where content ports are bound, and the address in replies: a program that reaches the API reaches them. */
  content: { bindAddress: string; address: string };
  /** The port that `media` announces to callers. */
  publishedPort: PublishedPort;
  /** Memory of held media, for the metrics. */
  held?: HeldMemory;
  log: Logger;
  clock?: Clock;
  /** See `Peers`. */
  unusedPeerMs?: number | undefined;
}

export interface Gateway {
  api: FastifyInstance;
  /** Ends every call (BYE, then CLOSE), disconnects from signalling, and stops listening. */
  close(): Promise<void>;
}

/** Assembles the gateway; `api.listen` starts it. */
export function createGateway({
  signalingUrl,
  media,
  content,
  publishedPort,
  held = new HeldMemory(),
  log,
  clock = monotonicClock,
  unusedPeerMs,
}: GatewayDependencies): Gateway {
  const connections = new MediaConnections(clock);
  const ports = new ContentPorts(content.bindAddress);
  const dataConnections = new DataConnections(clock);
  const createTransport = media.createDataTransport;
  const { totals } = dataConnections;
  const data = { connections: dataConnections, ports, createTransport, sendDatagram: media.sendDatagram, totals };
  const peers = new Peers(signalingUrl, { connections, media, data, clock, log }, unusedPeerMs);
  const api = createApi({
    peers,
    connections,
    dataConnections,
    ports,
    publishedPort,
    contentAddress: content.address,
    held,
    clock,
    log,
  });
  return {
    api,
    async close() {
      const hadCalls = connections.running > 0;
      await peers.closeAll();
      ports.closeAll();
      await wait(hadCalls ? LAST_REQUESTS_MS : LAST_EVENTS_MS);
      await api.close();
    },
  };
}
