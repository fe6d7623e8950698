import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import { pino } from "pino";
import { DEFAULT_API_KEY } from "../../../signaling/src/configuration.ts";
import { ApiKey } from "../../../signaling/src/ids.ts";
import { type Signaling, startSignaling } from "../../../signaling/src/server.ts";
import { createGateway } from "../gateway.ts";
import { describeOffer } from "../webrtc/codecDescription.ts";
import { createMediaSessions } from "../webrtc/mediaSessions.ts";
import { PublishedPort } from "../webrtc/publishedPort.ts";
import { ApiClient } from "./apiClient.ts";
import { freeUdpPort } from "./udpReceiver.ts";

export const KEY = DEFAULT_API_KEY;

const log = pino({ level: process.env["LOG_LEVEL"] ?? "silent" });

export interface TestSettings {
  /** Secret for KEY; its peers then need credentials. */
  secret?: string;
  /** The media address; Firefox needs one other than 127.0.0.1. */
  mediaAddress?: string;
  /** Addresses announced to callers; default: mediaAddress. */
  announcedIps?: string[];
  /** Whether the published port is unknown at start. */
  hasUnknownPort?: boolean;
  clock?: Clock;
  /** Signalling that runs elsewhere. Default: started here. */
  signalingPort?: number;
  unusedPeerMs?: number;
}

/** A real gateway with real signalling, each on its own port. */
export class TestGateway extends ApiClient implements AsyncDisposable {
  /** The UDP port for WebRTC. */
  readonly mediaPort: number;
  readonly close: () => Promise<void>;
  readonly server: Server;
  #signaling: Signaling;

  private constructor(server: Server, mediaPort: number, signaling: Signaling, close: () => Promise<void>) {
    super(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    this.server = server;
    this.mediaPort = mediaPort;
    this.#signaling = signaling;
    this.close = close;
  }

  static async open({
    secret,
    mediaAddress = "127.0.0.1",
    announcedIps = [],
    hasUnknownPort = false,
    clock,
    signalingPort,
    unusedPeerMs,
  }: TestSettings = {}): Promise<TestGateway> {
    const signaling = signalingPort === undefined ? await openSignaling(0, secret) : elsewhere(signalingPort);
    const mediaPort = await freeUdpPort();
    const publishedPort = new PublishedPort(hasUnknownPort ? undefined : mediaPort);
    const sessions = createMediaSessions({ mediaPort, bindAddress: mediaAddress, announcedIps, publishedPort, log });
    const { createDataTransport, sendDatagram } = sessions;
    const media = { createSession: sessions.create, describeOffer, createDataTransport, sendDatagram };
    const signalingUrl = `http://127.0.0.1:${signaling.port}`;
    const content = { bindAddress: "127.0.0.1", address: "127.0.0.1" };
    const settings = { signalingUrl, media, content, publishedPort, unusedPeerMs, log };
    const gateway = createGateway({ ...settings, ...(clock && { clock }) });
    await gateway.api.listen({ port: 0, host: "127.0.0.1" });
    let closed: Promise<void> | undefined;
    const close = () => (closed ??= gateway.close().then(() => sessions.close()));
    return new TestGateway(gateway.api.server, mediaPort, signaling, close);
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  get signalingPort(): number {
    return this.#signaling.port;
  }

  get signalingOrigin(): string {
    return `http://127.0.0.1:${this.signalingPort}`;
  }

  /** Stops signalling; the returned function restarts it on the same port. */
  async stopSignaling(): Promise<() => Promise<void>> {
    const { port } = this.#signaling;
    await this.#signaling.close();
    return async () => {
      this.#signaling = await openSignaling(port);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.#signaling.close();
  }
}

/** Its owner stops it. */
function elsewhere(port: number): Signaling {
  return { port, internalPort: port, close: async () => {} };
}

function openSignaling(port = 0, secret?: string): Promise<Signaling> {
  const key = ApiKey.parse(KEY);
  const secretKeys = new Map(secret === undefined ? [] : [[key, secret] as const]);
  const settings = { port, listenAddress: "127.0.0.1", logLevel: "info", apiKeys: [key], secretKeys } as const;
  return startSignaling(settings, log);
}
