import nodeDataChannel, { type PeerConnection } from "node-datachannel";
import { API_KEY, ORIGIN, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { SentTrack, type TrackSettings } from "./sentTrack.ts";

const ANSWER_LIMIT_MS = 30_000;
const CONNECT_LIMIT_MS = 10_000;
const HANG_UP_LIMIT_MS = 10_000;
const LABEL = "sender";
/** Two seconds of video at 1 Mbit/s. */
const REMEMBERED_PACKETS = 512;

export interface WhipSettings<Name extends string> {
  peerId: string;
  /** One m-line per track; the name is its mid. */
  tracks: Record<Name, TrackSettings>;
  /** Changes the offer before it is sent. */
  rewriteOffer?: (sdp: string) => string;
  /** Where the bundle is; by default on this host. */
  origin?: string;
  /** The address of its media sockets; default 127.0.0.1. */
  bindAddress?: string;
  /** Retransmits on request, as browsers do. Default: false. */
  answersNacks?: boolean;
}

/** The recorder answered an offer with an HTTP error. */
export class Refused extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`not answered: ${status} ${body}`);
    this.status = status;
    this.body = body;
  }
}

/** A WHIP client (RFC 9725) in this process with real ICE, DTLS and SRTP. It sends the packets that it is given. */
export class WhipClient<Name extends string> implements AsyncDisposable {
  readonly peerId: string;
  readonly tracks: Record<Name, SentTrack>;
  /** From the offer until the answer was there, in milliseconds. */
  answeredAfterMs = Number.NaN;
  readonly #origin: string;
  readonly #connection: PeerConnection;
  readonly #candidates: string[] = [];
  #session: URL | undefined;
  #isConnected = false;

  private constructor(settings: WhipSettings<Name>) {
    const { peerId, tracks, origin = ORIGIN, bindAddress = "127.0.0.1", answersNacks = false } = settings;
    this.peerId = peerId;
    this.#origin = origin;
    this.#connection = new nodeDataChannel.PeerConnection(peerId, { iceServers: [], bindAddress });
    this.#connection.onStateChange((state) => {
      this.#isConnected = state === "connected";
    });
    const entries = Object.entries<TrackSettings>(tracks).map(([mid, one]) => [mid, this.#add(mid, one, answersNacks)]);
    this.tracks = Object.fromEntries(entries) as Record<Name, SentTrack>;
  }

  /**
   * Calls the recorder. Resolves when media can flow.
   *
   * @throws Refused with the recorder's answer; Error with the step that timed out.
   */
  static async open<Name extends string>(settings: WhipSettings<Name>): Promise<WhipClient<Name>> {
    const client = new WhipClient(settings);
    try {
      await client.#publish(settings.rewriteOffer ?? ((sdp) => sdp));
      return client;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Whether ICE and DTLS are up. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  async hangUp(): Promise<void> {
    const response = await this.#request("DELETE");
    this.#session = undefined;
    if (!response.ok) throw new Error(`DELETE was answered ${response.status}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session) await this.hangUp().catch(() => undefined);
    this.#connection.close();
  }

  #add(mid: string, settings: TrackSettings, answersNacks: boolean): SentTrack {
    const { kind, codec, payloadType, parameters, ssrc } = settings;
    // The library refuses `undefined` as an argument.
    const format = [payloadType, codec, ...(parameters === undefined ? [] : [parameters])] as const;
    const media =
      kind === "video" ? new nodeDataChannel.Video(mid, "SendOnly") : new nodeDataChannel.Audio(mid, "SendOnly");
    if (media instanceof nodeDataChannel.Video) media.addVideoCodec(...format);
    else media.addAudioCodec(...format);
    media.addSSRC(ssrc, LABEL);
    const track = this.#connection.addTrack(media);
    if (answersNacks) track.setMediaHandler(new nodeDataChannel.RtcpNackResponder(REMEMBERED_PACKETS));
    return new SentTrack(track, settings);
  }

  async #publish(rewrite: (sdp: string) => string): Promise<void> {
    const offer = rewrite(await this.#offer());
    const url = new URL(`/whip/${RECORDER_PEER_ID}?${new URLSearchParams({ id: this.peerId })}`, this.#origin);
    const askedAt = performance.now();
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/sdp" },
      body: offer,
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Refused(response.status, text);
    this.answeredAfterMs = performance.now() - askedAt;
    this.#session = new URL(response.headers.get("location") ?? "", this.#origin);
    this.#connection.setRemoteDescription(text, "answer");
    // libdatachannel refuses the peer's certificate if DTLS begins before the answer is applied.
    const ice = offer.match(/a=ice-(ufrag|pwd):.*\r\n/g) ?? [];
    const mid = /a=mid:.*\r\n/.exec(offer)?.[0] ?? "";
    const lines = this.#candidates.map((candidate) => `a=${candidate}\r\n`);
    const headers = {
      "content-type": "application/trickle-ice-sdpfrag",
      "if-match": response.headers.get("etag") ?? "",
    };
    const body = `${ice.slice(0, 2).join("")}m=video 9 UDP/TLS/RTP/SAVPF 0\r\n${mid}${lines.join("")}`;
    const trickled = await this.#request("PATCH", headers, body);
    if (trickled.status !== 204) throw new Error(`candidates were answered ${trickled.status}`);
    const tracks = Object.values<SentTrack>(this.tracks);
    await waitFor("the connection", CONNECT_LIMIT_MS, () => this.#isConnected && tracks.some((track) => track.isOpen));
  }

  /** The offer without candidates, which are trickled later. */
  async #offer(): Promise<string> {
    const gathered = new Promise<void>((resolve) => {
      this.#connection.onGatheringStateChange((state) => {
        if (state === "complete") resolve();
      });
    });
    this.#connection.onLocalCandidate((candidate) => this.#candidates.push(candidate));
    this.#connection.setLocalDescription("offer");
    await gathered;
    const { sdp = "" } = this.#connection.localDescription() ?? {};
    return sdp.replaceAll(/a=(candidate:.*|end-of-candidates)\r\n/g, "");
  }

  #request(method: string, headers: Record<string, string> = {}, body?: string): Promise<Response> {
    if (!this.#session) throw new Error("there is no session");
    const signal = AbortSignal.timeout(HANG_UP_LIMIT_MS);
    const authorization = { authorization: `Bearer ${API_KEY}` };
    return fetch(this.#session, {
      method,
      headers: { ...authorization, ...headers },
      ...(body !== undefined && { body }),
      signal,
    });
  }
}
