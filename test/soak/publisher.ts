import nodeDataChannel, { type PeerConnection, type Track } from "node-datachannel";
import { API_KEY, ORIGIN, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { rtpPacket } from "../rtp/packets.ts";
import { type EncodedMedia, FRAME_RATE } from "./encodedMedia.ts";

const ANSWER_LIMIT_MS = 30_000;
const CONNECT_LIMIT_MS = 10_000;
const HANG_UP_LIMIT_MS = 10_000;
const TICK_MS = 20;
const VIDEO = { payloadType: 96, ssrc: 1001, clockRate: 90_000 };
const AUDIO = { payloadType: 111, ssrc: 1002, clockRate: 48_000 };
const LABEL = "publisher";

/** A WHIP client (RFC 9725) in this process with real ICE, DTLS and SRTP, and pre-encoded media. */
export class Publisher implements AsyncDisposable {
  readonly peerId: string;
  readonly sent = { video: 0, audio: 0 };
  readonly #media: EncodedMedia;
  readonly #connection: PeerConnection;
  readonly #tracks: { video: Track; audio: Track };
  readonly #candidates: string[] = [];
  #session: URL | undefined;
  #isConnected = false;

  private constructor(peerId: string, media: EncodedMedia) {
    this.peerId = peerId;
    this.#media = media;
    this.#connection = new nodeDataChannel.PeerConnection(peerId, { iceServers: [], bindAddress: "127.0.0.1" });
    this.#connection.onStateChange((state) => {
      this.#isConnected = state === "connected";
    });
    const video = new nodeDataChannel.Video("video", "SendOnly");
    video.addVP8Codec(VIDEO.payloadType);
    video.addSSRC(VIDEO.ssrc, LABEL);
    const audio = new nodeDataChannel.Audio("audio", "SendOnly");
    audio.addOpusCodec(AUDIO.payloadType);
    audio.addSSRC(AUDIO.ssrc, LABEL);
    this.#tracks = { video: this.#connection.addTrack(video), audio: this.#connection.addTrack(audio) };
  }

  /**
   * Calls the recorder. Resolves when media can flow.
   *
   * @throws Error with the recorder's error code, or with the step that timed out.
   */
  static async open(peerId: string, media: EncodedMedia): Promise<Publisher> {
    const publisher = new Publisher(peerId, media);
    try {
      await publisher.#publish();
      return publisher;
    } catch (error) {
      await publisher[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sends media in real time for this many milliseconds. */
  async talk(ms: number): Promise<void> {
    const begin = performance.now();
    const startVideo = this.sent.video;
    const startAudio = this.sent.audio;
    while (performance.now() - begin < ms) {
      const seconds = (performance.now() - begin) / 1000;
      while (this.sent.video - startVideo < seconds * FRAME_RATE) this.#sayFrame();
      while (this.sent.audio - startAudio < (seconds * 1000) / TICK_MS) this.#saySound();
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
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

  async #publish(): Promise<void> {
    const offer = await this.#offer();
    const url = new URL(`/whip/${RECORDER_PEER_ID}?${new URLSearchParams({ id: this.peerId })}`, ORIGIN);
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/sdp" },
      body: offer,
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`not answered: ${response.status} ${text}`);
    this.#session = new URL(response.headers.get("location") ?? "", ORIGIN);
    this.#connection.setRemoteDescription(text, "answer");
    // libdatachannel refuses the peer's certificate if DTLS begins before the answer is applied.
    const ice = offer.match(/a=ice-(ufrag|pwd):.*\r\n/g) ?? [];
    const lines = this.#candidates.map((candidate) => `a=${candidate}\r\n`);
    const headers = {
      "content-type": "application/trickle-ice-sdpfrag",
      "if-match": response.headers.get("etag") ?? "",
    };
    const body = `${ice.slice(0, 2).join("")}m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:video\r\n${lines.join("")}`;
    const trickled = await this.#request("PATCH", headers, body);
    if (trickled.status !== 204) throw new Error(`candidates were answered ${trickled.status}`);
    await waitFor("the connection", CONNECT_LIMIT_MS, async () => this.#isConnected && this.#tracks.video.isOpen());
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

  #sayFrame(): void {
    const { video } = this.#media;
    const payloads = video[this.sent.video % video.length] ?? [];
    const timestamp = Math.round((this.sent.video * VIDEO.clockRate) / FRAME_RATE);
    for (const [index, payload] of payloads.entries()) {
      const marker = index === payloads.length - 1;
      this.#say(this.#tracks.video, VIDEO, { marker, timestamp, payload });
    }
    this.sent.video += 1;
  }

  #saySound(): void {
    const { audio } = this.#media;
    const payload = audio[this.sent.audio % audio.length] ?? Buffer.alloc(0);
    const timestamp = (this.sent.audio * AUDIO.clockRate * TICK_MS) / 1000;
    this.#say(this.#tracks.audio, AUDIO, { marker: false, timestamp, payload });
    this.sent.audio += 1;
  }

  readonly #sequences = new Map<Track, number>();

  #say(
    track: Track,
    { payloadType, ssrc }: typeof VIDEO,
    { marker, timestamp, payload }: { marker: boolean; timestamp: number; payload: Buffer },
  ): void {
    const sequence = this.#sequences.get(track) ?? 1;
    this.#sequences.set(track, sequence + 1);
    track.sendMessageBinary(rtpPacket({ payloadType, marker, sequence, timestamp, ssrc }, payload));
  }
}
