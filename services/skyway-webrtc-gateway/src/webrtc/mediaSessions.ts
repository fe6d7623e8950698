import type { Logger } from "pino";
import { HeldMemory } from "../rtp/heldMemory.ts";
import { type Address, RedirectSocket } from "../rtp/redirectSocket.ts";
import { Bandwidth } from "./bandwidth.ts";
import { CallSession } from "./callSession.ts";
import { DataTransport, type DataTransportEvents } from "./dataTransport.ts";
import { silenceLibrary } from "./libraryLog.ts";
import { MediaPort } from "./mediaPort.ts";
import type { MediaSessionFactory } from "./mediaSession.ts";
import { PublishedPort } from "./publishedPort.ts";
import type { Relay } from "./relay.ts";
import { Ticker } from "./ticker.ts";

export interface MediaSessions {
  create: MediaSessionFactory;
  /** For data connections, over the same port. */
  createDataTransport(events: DataTransportEvents): DataTransport;
  /** Uses the socket of redirected media. */
  sendDatagram(datagram: Buffer, to: Address): void;
  /** Ends all sessions and closes the port. */
  close(): Promise<void>;
}

export interface MediaSessionsConfiguration {
  /** The one UDP port for all sessions. */
  mediaPort: number;
  /** Numeric address of the interface that receives callers' packets. */
  bindAddress: string;
  /** Addresses in our candidates, best first. Empty: `bindAddress`. */
  announcedIps: string[];
  /** The port at all of these addresses except `bindAddress`. Default: `mediaPort`. */
  publishedPort?: PublishedPort;
  /** TURN servers that callers use instead of these addresses. */
  relay?: Relay | undefined;
  log: Logger;
  /** What all callers together may send. Each gets an equal share. */
  totalKbps?: number | undefined;
  /** Memory of held media, of all calls; no limit by default. */
  held?: HeldMemory;
}

/** Opens the media port. Throws GatewayError MEDIA_PORT_UNAVAILABLE. */
export function createMediaSessions(configuration: MediaSessionsConfiguration): MediaSessions {
  const { mediaPort, bindAddress, announcedIps, log, publishedPort = new PublishedPort(mediaPort) } = configuration;
  silenceLibrary(log);
  const port = new MediaPort(mediaPort, bindAddress);
  const addresses = announcedIps.length > 0 ? announcedIps : [bindAddress];
  // Hosts in the network of the bound port, such as a TURN server, do not use the published port.
  const portAt = (address: string) => (address === bindAddress ? mediaPort : publishedPort.number);
  const endpoints = () => addresses.map((address) => ({ address, port: portAt(address) }));
  const binding = { port: mediaPort, bindAddress, relay: configuration.relay };
  const socket = new RedirectSocket();
  const now = () => performance.timeOrigin + performance.now();
  const ticker = new Ticker(now);
  const sessions = new Set<CallSession>();
  const resources = {
    mediaPort: port,
    binding,
    endpoints,
    bandwidth: new Bandwidth(configuration.totalKbps),
    socket,
    held: configuration.held ?? new HeldMemory(),
    ticker,
    now,
    log,
  };
  return {
    create(listeners) {
      const session = new CallSession(resources, {
        ...listeners,
        onReady: () => listeners.onReady(),
        onStream: (kind) => listeners.onStream(kind),
        onSendLosses: (kind, losses) => listeners.onSendLosses?.(kind, losses),
        onAdditional: (media) => listeners.onAdditional?.(media),
        onStalled: () => listeners.onStalled(),
        onEnded: (reason, unixMs) => {
          sessions.delete(session);
          listeners.onEnded(reason, unixMs);
        },
      });
      sessions.add(session);
      return session;
    },
    createDataTransport: (events) => new DataTransport({ ...binding, endpoints }, events),
    sendDatagram: (datagram, to) => socket.send(datagram, to),
    async close() {
      await Promise.all([...sessions].map((session) => session.end("shutdown")));
      await socket.close();
      port.close();
    },
  };
}
