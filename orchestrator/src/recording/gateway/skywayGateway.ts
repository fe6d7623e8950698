import { Agent, request } from "undici";
import type { z } from "zod";
import type { DataConnectionId, MediaConnectionId, PeerId } from "../../ids.ts";
import type { Codecs } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/redirect.ts";
import { answerBody, type CallerLimits, redirectParams } from "./answerBody.ts";
import type {
  CallOrder,
  ConnectionEvent,
  ConnectionStatus,
  DatagramAddress,
  DataStatus,
  Gateway,
  PeerEvent,
  PeerHandle,
  SwitchReport,
  TracksReport,
} from "./gateway.ts";
import { GatewayError, refusal } from "./gatewayError.ts";
import { offerOf } from "./offerOf.ts";
import { localId, qualifiedId } from "./qualifiedId.ts";
import {
  CallStarted,
  ConnectionEventBody,
  ConnectionStatusBody,
  DataStatusBody,
  ErrorBody,
  PeerCreated,
  PeerEventBody,
  PeerStatusBody,
  SwitchBody,
  TracksBody,
} from "./schemas.ts";

/** The gateway answers a long poll within 30 s. */
const POLL_TIMEOUT_MS = 45_000;
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Closes idle connections even if the gateway would keep them longer, so that a peak leaves no connections open. */
const IDLE_LIMIT_MS = 4_000;
/** Answers of a gateway that does not support one of this project's extensions. */
const UNSUPPORTED = new Set([404, 405, 501]);

interface Answer {
  status: number;
  body: unknown;
}

/** The REST API of a SkyWay WebRTC Gateway: this project's or the official one. */
export class SkywayGateway implements Gateway {
  readonly #url: string;
  readonly #apiKey: string;
  readonly #limits: CallerLimits;
  // Every leg keeps one long poll open, so connections are neither shared nor limited.
  readonly #agent = new Agent({
    headersTimeout: POLL_TIMEOUT_MS,
    bodyTimeout: POLL_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAliveMaxTimeout: IDLE_LIMIT_MS,
  });

  readonly #address: string | undefined;

  /**
   * @param address added to the ids of its connections; undefined if there is only one gateway.
   */
  constructor(url: string, apiKey: string, limits: CallerLimits = {}, address?: string) {
    this.#address = address;
    this.#url = url.replace(/\/$/, "");
    this.#apiKey = apiKey;
    this.#limits = limits;
  }

  async createPeer(peerId: PeerId): Promise<PeerHandle> {
    const body = { key: this.#apiKey, domain: "localhost", turn: true, peer_id: peerId };
    const { params } = read(PeerCreated, await this.#ask("POST", "/peers", body), 201);
    return { peerId, token: params.token, gateway: this.#address };
  }

  async peerStatus(peer: PeerHandle): Promise<{ connected: boolean } | undefined> {
    const answer = await this.#ask("GET", peerPath(peer, "/status"));
    if (answer.status === 403 || answer.status === 404) return undefined;
    return { connected: !read(PeerStatusBody, answer, 200).disconnected };
  }

  async deletePeer(peer: PeerHandle): Promise<void> {
    await this.#ask("DELETE", peerPath(peer));
  }

  async nextPeerEvent(peer: PeerHandle, until: AbortSignal): Promise<PeerEvent | undefined> {
    const answer = await this.#poll(peerPath(peer, "/events"), until);
    if (answer.status === 408) return undefined;
    const { event, call_params, data_params, error_message } = read(PeerEventBody, answer, 200);
    switch (event) {
      case "CALL":
        if (!call_params) return { event: "OTHER" };
        return { event, mediaConnectionId: this.#qualified<MediaConnectionId>(call_params.media_connection_id) };
      case "CONNECTION":
        if (!data_params) return { event: "OTHER" };
        return { event, dataConnectionId: this.#qualified<DataConnectionId>(data_params.data_connection_id) };
      case "ERROR":
        return { event, message: error_message ?? "" };
      case "OPEN":
      case "CLOSE":
        return { event };
      default:
        return { event: "OTHER" };
    }
  }

  async status(id: MediaConnectionId): Promise<ConnectionStatus> {
    const body = read(ConnectionStatusBody, await this.#ask("GET", connectionPath(id, "/status")), 200);
    return { remoteId: body.remote_id, metadata: body.metadata };
  }

  async offered(id: MediaConnectionId) {
    const report = await this.tracks(id);
    return report && offerOf(report);
  }

  async tracks(id: MediaConnectionId): Promise<TracksReport | undefined> {
    const answer = await this.#ask("GET", connectionPath(id, "/tracks"));
    return answer.status === 404 ? undefined : this.#report(answer);
  }

  async answer(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets | undefined): Promise<void> {
    const body = answerBody(codecs, redirect, this.#limits);
    const answer = await this.#ask("POST", connectionPath(id, "/answer"), body);
    if (answer.status !== 202) throw refusal(answer.status, errorText(answer));
  }

  async call({ from, target, metadata }: CallOrder, codecs: Codecs, redirect: RedirectTargets) {
    const { constraints, ...body } = answerBody(codecs, redirect, this.#limits);
    const answer = await this.#ask("POST", "/media/connections", {
      peer_id: from.peerId,
      token: from.token,
      target_id: target,
      constraints: { ...constraints, ...(metadata !== undefined && { metadata }) },
      ...body,
    });
    return this.#qualified<MediaConnectionId>(read(CallStarted, answer, 202).params.media_connection_id);
  }

  async redirect(
    id: MediaConnectionId,
    codecs: Codecs,
    redirect: RedirectTargets | undefined,
  ): Promise<TracksReport | undefined> {
    const body = { redirect_params: redirectParams(codecs, redirect) };
    const answer = await this.#ask("PUT", connectionPath(id, "/redirects"), body);
    return UNSUPPORTED.has(answer.status) ? undefined : this.#report(answer);
  }

  async switchAtKeyframe(
    id: MediaConnectionId,
    codecs: Codecs,
    redirect: RedirectTargets,
  ): Promise<SwitchReport | undefined> {
    const body = { redirect_params: redirectParams(codecs, redirect), seamless: true };
    const answer = await this.#ask("PUT", connectionPath(id, "/redirects"), body);
    if (UNSUPPORTED.has(answer.status)) return undefined;
    const { turned_unix_ms } = read(SwitchBody, answer, 200);
    return { before: this.#report(answer), at: new Date(turned_unix_ms ?? Date.now()) };
  }

  nextConnectionEvent(id: MediaConnectionId, until: AbortSignal): Promise<ConnectionEvent | undefined> {
    return this.#nextEvent(connectionPath(id, "/events"), until);
  }

  async dataStatus(id: DataConnectionId): Promise<DataStatus> {
    const body = read(DataStatusBody, await this.#ask("GET", dataPath(id, "/status")), 200);
    return { remoteId: body.remote_id, metadata: body.metadata, serialization: body.serialization };
  }

  async receiveData(id: DataConnectionId, { address, port }: DatagramAddress): Promise<void> {
    const answer = await this.#ask("PUT", dataPath(id), { redirect_params: { ip_v4: address, port } });
    if (answer.status !== 200) throw refusal(answer.status, errorText(answer));
  }

  nextDataEvent(id: DataConnectionId, until: AbortSignal): Promise<ConnectionEvent | undefined> {
    return this.#nextEvent(dataPath(id, "/events"), until);
  }

  async #nextEvent(path: string, until: AbortSignal): Promise<ConnectionEvent | undefined> {
    const answer = await this.#poll(path, until);
    if (answer.status === 408) return undefined;
    const { event, error_message } = read(ConnectionEventBody, answer, 200);
    switch (event) {
      case "ERROR":
        return { event, message: error_message ?? "" };
      case "READY":
      case "STREAM":
      case "CLOSE":
        return { event };
      default:
        return { event: "OTHER" };
    }
  }

  async requestKeyframe(id: MediaConnectionId, redirect: RedirectTargets): Promise<void> {
    await this.#ask("POST", connectionPath(id, "/pli"), { ip_v4: redirect.address, port: redirect.video });
  }

  async hangUp(id: MediaConnectionId, reason?: string): Promise<void> {
    await this.#ask("DELETE", connectionPath(id, reason && `?reason=${reason}`));
  }

  async tellPublishedPort(port: number): Promise<void> {
    const answer = await this.#ask("PUT", "/media/published_port", { port });
    if (answer.status !== 200 && !UNSUPPORTED.has(answer.status)) throw refusal(answer.status, errorText(answer));
  }

  async isWell(): Promise<boolean> {
    try {
      // The official gateway has no /health: any answer counts as healthy.
      const { status } = await this.#ask("GET", "/health");
      return status === 200 || status === 404;
    } catch {
      return false;
    }
  }

  #report(answer: Answer): TracksReport {
    const { additional, ...report } = read(TracksBody, answer, 200);
    return {
      ...report,
      additional: additional.map((one) => this.#qualified<MediaConnectionId>(one.media_connection_id)),
    };
  }

  #qualified<Id extends string>(id: string): Id {
    return qualifiedId<Id>(id, this.#address);
  }

  #poll(path: string, until: AbortSignal): Promise<Answer> {
    return this.#ask("GET", path, undefined, AbortSignal.any([until, AbortSignal.timeout(POLL_TIMEOUT_MS)]));
  }

  async #ask(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
    signal: AbortSignal = AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  ): Promise<Answer> {
    try {
      const response = await request(`${this.#url}${path}`, {
        method,
        dispatcher: this.#agent,
        signal,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      return { status: response.statusCode, body: parseJson(await response.body.text()) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new GatewayError("UNREACHABLE", `the gateway does not answer: ${reason}`, { cause: error });
    }
  }
}

function peerPath(peer: PeerHandle, rest = ""): string {
  return `/peers/${encodeURIComponent(peer.peerId)}${rest}?token=${encodeURIComponent(peer.token)}`;
}

function connectionPath(id: MediaConnectionId, rest = ""): string {
  return `/media/connections/${encodeURIComponent(localId(id))}${rest}`;
}

function dataPath(id: DataConnectionId, rest = ""): string {
  return `/data/connections/${encodeURIComponent(localId(id))}${rest}`;
}

/** undefined if the text is not JSON; the schema then reports the error. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function read<Schema extends z.ZodType>(schema: Schema, answer: Answer, expected: number): z.infer<Schema> {
  if (answer.status !== expected) throw refusal(answer.status, errorText(answer));
  const parsed = schema.safeParse(answer.body);
  if (parsed.success) return parsed.data;
  throw new GatewayError("NOT_UNDERSTOOD", "the gateway's answer does not match its API", { cause: parsed.error });
}

/** The gateway's own error message. */
function errorText({ status, body }: Answer): string {
  const { success, data } = ErrorBody.safeParse(body);
  const messages = success ? data.params.errors.map(({ message }) => message).join("; ") : "";
  return messages || `the gateway answered ${status}`;
}
