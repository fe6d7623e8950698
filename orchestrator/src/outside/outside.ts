import type { FastifyInstance } from "fastify";
import type { Archive } from "../archive/archive.ts";
import type { FollowUp } from "../follow-up/followUp.ts";
import type { Ground } from "../ground.ts";
import type { DataConnectionId } from "../ids.ts";
import { gatewayUrl } from "../recording/gateway/gatewayAddresses.ts";
import { gatewayOf } from "../recording/gateway/qualifiedId.ts";
import type { Recording } from "../recording/recording.ts";
import { Access } from "./access/access.ts";
import { TrustedProxies } from "./access/trustedProxies.ts";
import { createApi } from "./api/server.ts";
import { ChatConnections } from "./chat/chatConnections.ts";
import { ChatFile } from "./chat/chatFile.ts";
import { ChatKeeper } from "./chat/chatKeeper.ts";
import { networkPathTo } from "./chat/dataSocket.ts";
import { checkHealth } from "./health.ts";
import { measureJobs } from "./metrics/jobMetrics.ts";
import { measure } from "./metrics/metrics.ts";
import type { Endpoint } from "./webhooks/endpoint.ts";
import { Outbox } from "./webhooks/outbox.ts";
import { WebhookMetrics } from "./webhooks/webhookMetrics.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

/** The part of the configuration that programs and people outside depend on. */
export interface OutsideSettings {
  apiKey: string;
  /** undefined: the API asks for no token, which is allowed on loopback only. */
  apiToken: string | undefined;
  /** Addresses and networks of the reverse proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
  /** TCP, of the API. */
  port: number;
  peers: readonly string[];
  signalingUrl: string;
  gatewayUrl: string;
}

/** Opens the webhooks, before the first change of a call that they have to tell. */
export function openWebhooks(
  endpoints: readonly Endpoint[],
  { calls, library }: Archive,
  { clock, log, metrics }: Ground,
): Promise<Webhooks> {
  const outbox = new Outbox(library.paths.webhooks, log);
  return Webhooks.start({ endpoints, outbox, metrics: new WebhookMetrics(metrics), calls, clock, log });
}

/** API, metrics and chat: what talks with programs and people. */
export class Outside {
  readonly #settings: OutsideSettings;
  readonly #api: FastifyInstance;
  readonly #chat: ChatKeeper;

  private constructor(settings: OutsideSettings, api: FastifyInstance, chat: ChatKeeper) {
    this.#settings = settings;
    this.#api = api;
    this.#chat = chat;
  }

  static async open(
    settings: OutsideSettings,
    { calls, library, storage }: Archive,
    { runningLegs, dialler, gateways, host, peers, recorders }: Recording,
    { jobs, uploads }: FollowUp,
    webhooks: Webhooks,
    { clock, log, metrics }: Ground,
  ): Promise<Outside> {
    const health = { recorders, gateways, host, signalingUrl: settings.signalingUrl, storage, peers };
    measure(metrics, {
      ...{ calls, clock, gateways, host, recorders },
      freeBytes: async () => (await library.checkWritable()).freeBytes,
      minimumFreeBytes: storage.minimumFreeBytes,
      health: () => checkHealth(health),
    });
    measureJobs(jobs.book, jobs.kinds, metrics);
    const chat = new ChatKeeper({
      ...{ calls, clock, gateway: gateways, log },
      connections: new ChatConnections(library.paths.chatConnections),
      file: new ChatFile(library.paths),
      networkPath: (id) => networkPathTo(gatewayUrl(settings, gatewayOf(id))),
    });
    const { app } = await createApi({
      ...{ calls, clock, runningLegs, dialler, health, jobs, library, log, metrics, uploads, webhooks },
      access: new Access(settings.apiToken, clock),
      trustedProxies: new TrustedProxies(settings.trustedProxies),
      client: { key: settings.apiKey, recorderPeerId: settings.peers[0] ?? "" },
    });
    return new Outside(settings, app, chat);
  }

  /** Follows the chats that an earlier process followed, until `until` aborts. */
  async start(until: AbortSignal): Promise<void> {
    await this.#chat.start();
    until.addEventListener("abort", () => this.#chat.stop());
  }

  followChat(id: DataConnectionId): void {
    void this.#chat.follow(id);
  }

  async listen(): Promise<void> {
    await this.#api.listen({ port: this.#settings.port, host: "0.0.0.0" });
  }

  async close(): Promise<void> {
    await this.#api.close();
  }
}
