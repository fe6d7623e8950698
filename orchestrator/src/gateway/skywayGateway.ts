import { Agent, request } from "undici";
import type { z } from "zod";
import type { MediaConnectionId, PeerId } from "../ids.ts";
import type { Codec, Codecs, Kind, Offered } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/startedRecorder.ts";
import {
  type ConnectionEvent,
  type ConnectionStatus,
  type Gateway,
  GatewayUnreachable,
  Gone,
  type PeerEvent,
  type PeerHandle,
  Refused,
  type TracksReport,
} from "./gateway.ts";
import { ConnectionEventBody, ErrorBody, PeerCreated, PeerEventBody, StatusBody, TracksBody } from "./schemas.ts";

/** The gateway answers a long poll after 30 s at the latest. */
const POLL_TIMEOUT_MS = 45_000;
const REQUEST_TIMEOUT_MS = 10_000;

interface Answer {
  status: number;
  body: unknown;
}

/** A SkyWay WebRTC Gateway by its REST API: ours or the official one. */
export class SkywayGateway implements Gateway {
  readonly #url: string;
  readonly #apiKey: string;
  // Every leg keeps a poll open: connections are not shared, and not limited.
  readonly #agent = new Agent({ headersTimeout: POLL_TIMEOUT_MS, bodyTimeout: POLL_TIMEOUT_MS, connectTimeout: 3_000 });

  constructor(url: string, apiKey: string) {
    this.#url = url.replace(/\/$/, "");
    this.#apiKey = apiKey;
  }

  async createPeer(peerId: PeerId): Promise<PeerHandle> {
    const body = { key: this.#apiKey, domain: "localhost", turn: true, peer_id: peerId };
    const { params } = this.#read(PeerCreated, await this.#ask("POST", "/peers", body), 201);
    return { peerId, token: params.token };
  }

  async peerExists(peer: PeerHandle): Promise<boolean> {
    return (await this.#ask("GET", peerPath(peer, "/status"))).status === 200;
  }

  async deletePeer(peer: PeerHandle): Promise<void> {
    await this.#ask("DELETE", peerPath(peer));
  }

  async nextPeerEvent(peer: PeerHandle, signal: AbortSignal): Promise<PeerEvent | undefined> {
    const answer = await this.#poll(peerPath(peer, "/events"), signal);
    if (answer.status === 408) return undefined;
    const body = this.#read(PeerEventBody, answer, 200, peer.peerId);
    switch (body.event) {
      case "CALL":
        return body.call_params
          ? { event: "CALL", mediaConnectionId: body.call_params.media_connection_id as MediaConnectionId }
          : { event: "OTHER" };
      case "ERROR":
        return { event: "ERROR", message: body.error_message ?? "" };
      case "OPEN":
      case "CLOSE":
        return { event: body.event };
      default:
        return { event: "OTHER" };
    }
  }

  async status(id: MediaConnectionId): Promise<ConnectionStatus> {
    const body = this.#read(StatusBody, await this.#ask("GET", connectionPath(id, "/status")), 200, id);
    return { remoteId: body.remote_id, metadata: parseMetadata(body.metadata), open: body.open };
  }

  async tracks(id: MediaConnectionId): Promise<TracksReport | undefined> {
    const answer = await this.#ask("GET", connectionPath(id, "/tracks"));
    return answer.status === 200 ? TracksBody.parse(answer.body) : undefined;
  }

  offered(report: TracksReport): Offered {
    const offered: Partial<Record<Kind, readonly Codec[]>> = {};
    for (const track of report.tracks) offered[track.kind] ??= track.offered;
    return offered;
  }

  async answer(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets): Promise<void> {
    const target = (port: number) => ({ ip_v4: redirect.address, port });
    const body = {
      constraints: {
        video: false,
        audio: false,
        videoReceiveEnabled: codecs.video !== undefined,
        audioReceiveEnabled: codecs.audio !== undefined,
        ...(codecs.video && { video_params: mediaParams("vi", codecs.video) }),
        ...(codecs.audio && { audio_params: mediaParams("au", codecs.audio) }),
      },
      redirect_params: {
        ...(codecs.video && { video: target(redirect.video), video_rtcp: target(redirect.videoRtcp) }),
        ...(codecs.audio && { audio: target(redirect.audio), audio_rtcp: target(redirect.audioRtcp) }),
      },
    };
    const answer = await this.#ask("POST", connectionPath(id, "/answer"), body);
    if (answer.status !== 202) throw refusal(answer, id);
  }

  async nextConnectionEvent(id: MediaConnectionId, signal: AbortSignal): Promise<ConnectionEvent | undefined> {
    const answer = await this.#poll(connectionPath(id, "/events"), signal);
    if (answer.status === 408) return undefined;
    const body = this.#read(ConnectionEventBody, answer, 200, id);
    switch (body.event) {
      case "READY":
      case "STREAM":
      case "CLOSE":
        return { event: body.event };
      case "ERROR":
        return { event: "ERROR", message: body.error_message ?? "" };
      default:
        return { event: "OTHER" };
    }
  }

  async requestKeyframe(id: MediaConnectionId, redirect: RedirectTargets): Promise<void> {
    await this.#ask("POST", connectionPath(id, "/pli"), { ip_v4: redirect.address, port: redirect.video });
  }

  async hangUp(id: MediaConnectionId): Promise<void> {
    await this.#ask("DELETE", connectionPath(id));
  }

  async isWell(): Promise<boolean> {
    try {
      // The official gateway has no /health; that it answers at all is what can be known of it.
      const { status } = await this.#ask("GET", "/health");
      return status === 200 || status === 404;
    } catch {
      return false;
    }
  }

  #poll(path: string, signal: AbortSignal): Promise<Answer> {
    return this.#ask("GET", path, undefined, AbortSignal.any([signal, AbortSignal.timeout(POLL_TIMEOUT_MS)]));
  }

  async #ask(
    method: "GET" | "POST" | "DELETE",
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
      const text = await response.body.text();
      return { status: response.statusCode, body: text === "" ? undefined : JSON.parse(text) };
    } catch (error) {
      throw new GatewayUnreachable(error);
    }
  }

  #read<Schema extends z.ZodType>(schema: Schema, answer: Answer, expected: number, what = "this"): z.infer<Schema> {
    if (answer.status !== expected) throw refusal(answer, what);
    return schema.parse(answer.body);
  }
}

function peerPath(peer: PeerHandle, rest = ""): string {
  return `/peers/${encodeURIComponent(peer.peerId)}${rest}?token=${encodeURIComponent(peer.token)}`;
}

function connectionPath(id: MediaConnectionId, rest = ""): string {
  return `/media/connections/${encodeURIComponent(id)}${rest}`;
}

/** Receive-only parameters pin codec and payload type; the media id is a dummy that the gateway does not look up. */
function mediaParams(prefix: "vi" | "au", { codec, payloadType, samplingRate }: Codec) {
  return {
    band_width: 0,
    codec: codec.toUpperCase(),
    media_id: `${prefix}-00000000-0000-4000-8000-000000000000`,
    payload_type: payloadType,
    sampling_rate: samplingRate,
  };
}

function refusal(answer: Answer, what: string): Error {
  if (answer.status === 404) return new Gone(what);
  const { success, data } = ErrorBody.safeParse(answer.body);
  const words = success ? data.params.errors.map(({ message }) => message).join("; ") : "";
  return new Refused(answer.status, words || `the gateway answered ${answer.status}`);
}

/** The wire has a string, which holds JSON when the page gave an object. */
function parseMetadata(metadata: unknown): unknown {
  if (typeof metadata !== "string") return metadata ?? null;
  if (metadata === "") return null;
  try {
    return JSON.parse(metadata) as unknown;
  } catch {
    return metadata;
  }
}
