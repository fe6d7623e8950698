import type { Socket } from "node:dgram";
import { AUDIO, rtpPacket, VIDEO, vp8Payload } from "../rtp/simulatedSender.ts";
import type { ApiClient } from "./apiClient.ts";
import { nextCall, openPeer, type RecorderPeer } from "./recorderPeer.ts";
import { boundSocket, UdpReceiver } from "./udpReceiver.ts";

const FRAME_MS = 20;
const KINDS = ["video", "audio"] as const;
const STREAMS = { video: VIDEO, audio: AUDIO };
const CODECS = { video: "VP8", audio: "OPUS" };

/** A program for the gateway: one peer, which sends picture and sound from UDP sockets and receives them at others. */
export class Program implements AsyncDisposable {
  readonly peer: RecorderPeer;
  readonly received: Record<"video" | "audio", UdpReceiver>;
  readonly #gateway: ApiClient;
  /** Of the current call. */
  #ports: Record<"video" | "audio", { media_id: string; port: number }> | undefined;
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;
  #frames = 0;

  private constructor(gateway: ApiClient, peer: RecorderPeer, sockets: Sockets) {
    this.#gateway = gateway;
    this.peer = peer;
    this.received = sockets.received;
    this.#socket = sockets.socket;
  }

  static async open(gateway: ApiClient, peerId: string): Promise<Program> {
    const peer = await openPeer(gateway, peerId);
    const received = { video: await UdpReceiver.open(), audio: await UdpReceiver.open() };
    return new Program(gateway, peer, { received, socket: await boundSocket() });
  }

  /** What it asks for in a call or an answer: both kinds, both ways. The gateway closes the ports with the call. */
  async #bothWays() {
    const port = async (is_video: boolean) => (await this.#gateway.post("/media", { is_video })).body;
    const ports = { video: await port(true), audio: await port(false) };
    this.#ports = ports;
    const params = (kind: "video" | "audio") => ({
      band_width: 0,
      codec: CODECS[kind],
      media_id: ports[kind].media_id,
      payload_type: STREAMS[kind].payloadType,
      sampling_rate: STREAMS[kind].clockRate,
    });
    const receives = { videoReceiveEnabled: true, audioReceiveEnabled: true };
    const sends = { video: true, audio: true, video_params: params("video"), audio_params: params("audio") };
    const redirect_params = { video: this.received.video.address, audio: this.received.audio.address };
    return { constraints: { ...sends, ...receives }, redirect_params };
  }

  /** Calls another peer, which may be of another gateway. @returns the path of the connection. */
  async call(target_id: string): Promise<string> {
    const { id: peer_id, token } = this.peer;
    const { status, body } = await this.#gateway.post("/media/connections", {
      ...{ peer_id, token, target_id },
      ...(await this.#bothWays()),
    });
    if (status !== 202) throw new Error(`not called: ${JSON.stringify(body)}`);
    return `/media/connections/${body.params.media_connection_id}`;
  }

  /** Waits for the next call and answers it. @returns the path of the connection. */
  async answer(): Promise<string> {
    const connection = await nextCall(this.#gateway, this.peer);
    const { status, body } = await this.#gateway.post(`${connection}/answer`, await this.#bothWays());
    if (status !== 202) throw new Error(`not answered: ${JSON.stringify(body)}`);
    return connection;
  }

  /** The next event of a connection. */
  async event(connection: string): Promise<string> {
    return (await this.#gateway.get(`${connection}/events`)).body.event;
  }

  async hangUp(connection: string): Promise<void> {
    await this.#gateway.request("DELETE", connection);
  }

  /** Sends a frame of picture and of sound every 20 ms, until it is disposed. */
  sendMedia(): void {
    this.#timer = setInterval(() => {
      this.#frames += 1;
      for (const kind of KINDS) this.send(kind, this.#frame(kind));
    }, FRAME_MS);
  }

  /** Sends one RTP packet to its port of the gateway. */
  send(kind: "video" | "audio", packet: Buffer): void {
    if (this.#ports) this.#socket.send(packet, this.#ports[kind].port, "127.0.0.1");
  }

  #frame(kind: "video" | "audio"): Buffer {
    const { payloadType, ssrc, clockRate } = STREAMS[kind];
    const timestamp = (this.#frames * FRAME_MS * clockRate) / 1000;
    const keyframe = this.#frames % 25 === 1;
    const payload =
      kind === "audio" ? Buffer.from("f8fffe", "hex") : vp8Payload({ keyframe, begins: true, id: timestamp });
    return rtpPacket({ payloadType, ssrc, sequence: this.#frames, timestamp, marker: kind === "video", payload });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#socket.close();
    for (const kind of KINDS) await this.received[kind][Symbol.asyncDispose]();
  }
}

interface Sockets {
  received: Record<"video" | "audio", UdpReceiver>;
  socket: Socket;
}
