import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import nodeDataChannel, { type PeerConnection, type Track } from "node-datachannel";
import { io, type Socket } from "socket.io-client";
import { KEY } from "./gateway.ts";
import { restartedSdp } from "./restartedSdp.ts";

const PACKET_INTERVAL_MS = 20;
const VIDEO = { payloadType: 96, ssrc: 1001, step: 1800 };
const AUDIO = { payloadType: 111, ssrc: 1002, step: 960 };

/** VP8 frames of one packet: a descriptor, then a frame header with the inverse key frame flag (RFC 7741). */
const KEYFRAME = Buffer.from("10500000009d012a40010040", "hex");
const DELTA_FRAME = Buffer.from("10510000", "hex");
const KEYFRAMES = 10;
const OPUS_SILENCE = Buffer.from("f8fffe", "hex");

/** The frames that a track sends repeatedly, each split into payloads. */
export type Frames = readonly (readonly Buffer[])[];
export type Media = Partial<Record<"audio" | "video", Frames>>;

/** A caller: uses signalling like skyway-js, and sends media like a browser. */
export class Caller implements Disposable {
  readonly socket: Socket;
  readonly received: { event: string; body: unknown }[] = [];
  readonly connectionId = `mc_${Math.random().toString(36).slice(2, 12)}`;
  readonly #connection: PeerConnection;
  readonly #tracks: Track[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  readonly #sequences = new Map<Track, number>();
  #state = "new";

  /** @param kinds the kinds of media to send. */
  constructor(signalingOrigin: string, peerId: string, kinds: readonly ("audio" | "video")[] = ["audio", "video"]) {
    this.socket = io(signalingOrigin, {
      forceNew: true,
      query: { apiKey: KEY, token: peerId, peerId, platform: "javascript", sdk_version: "4.4.5" },
    });
    this.socket.onAny((event: string, body: unknown) => this.received.push({ event, body }));
    this.#connection = new nodeDataChannel.PeerConnection(peerId, { iceServers: [], bindAddress: "127.0.0.1" });
    this.#connection.onStateChange((state) => {
      this.#state = state;
    });
    for (const kind of kinds) this.#tracks.push(this.#connection.addTrack(kind === "video" ? video() : audio()));
  }

  static async open(
    { signalingOrigin }: { signalingOrigin: string },
    peerId = "alice",
    kinds?: readonly ("audio" | "video")[],
  ): Promise<Caller> {
    const caller = new Caller(signalingOrigin, peerId, kinds);
    await caller.receives("OPEN");
    return caller;
  }

  /**
   * Sends an offer, and trickles its candidates.
   *
   * @param tricklesEarly sends candidates without waiting for the answer.
   */
  call(dst: string, metadata?: unknown, { tricklesEarly = false } = {}): void {
    const to = { dst, connectionId: this.connectionId, connectionType: "media" };
    const candidates: object[] = [];
    this.#connection.onLocalDescription((sdp, type) => {
      this.socket.emit("SEND_OFFER", { ...to, offer: { type, sdp }, ...(metadata !== undefined && { metadata }) });
    });
    this.#connection.onLocalCandidate((candidate, mid) => {
      const one = { candidate, sdpMid: mid, sdpMLineIndex: 0 };
      if (tricklesEarly) this.socket.emit("SEND_CANDIDATE", { ...to, candidate: one });
      else candidates.push(one);
    });
    this.socket.once("ANSWER", ({ answer }: { answer: { sdp: string } }) => {
      const isRejected = !/^m=\S+ [1-9]/m.test(answer.sdp);
      if (this.#state === "closed" || isRejected) return; // the library throws if all media is rejected
      this.#connection.setRemoteDescription(answer.sdp, "answer");
      for (const candidate of candidates) this.socket.emit("SEND_CANDIDATE", { ...to, candidate });
    });
    this.#connection.setLocalDescription("offer");
  }

  /**
   * Sends another offer with new ICE credentials, and resolves with the answer. The library continues with its old
   * credentials, which the gateway must still accept.
   */
  async restartIce(dst: string): Promise<string> {
    const answers = () => this.received.filter(({ event }) => event === "ANSWER");
    const before = answers().length;
    const offer = restartedSdp(this.#connection.localDescription()?.sdp ?? "", before);
    const to = { dst, connectionId: this.connectionId, connectionType: "media" };
    this.socket.emit("SEND_OFFER", { ...to, offer: { type: "offer", sdp: offer } });
    const answered = await waitFor("the second answer", () => answers()[before]);
    return (answered.body as { answer: { sdp: string } }).answer.sdp;
  }

  /**
   * Sends a frame of each kind every 20 ms once the connection is up.
   *
   * @param media default: frames of one packet, which cannot be decoded.
   */
  sendMedia(media: Media = {}): void {
    this.#timer = setInterval(() => {
      if (!this.#tracks.every((track) => track.isOpen())) return;
      this.#sent += 1;
      for (const track of this.#tracks) this.#sendFrame(track, media);
    }, PACKET_INTERVAL_MS);
  }

  #sendFrame(track: Track, media: Media): void {
    const kind = track.type() === "video" ? "video" : "audio";
    const frames = media[kind];
    const payloads = frames?.[(this.#sent - 1) % frames.length] ?? [payload(kind, this.#sent)];
    for (const [index, piece] of payloads.entries()) {
      const sequence = (this.#sequences.get(track) ?? 0) + 1;
      this.#sequences.set(track, sequence);
      track.sendMessageBinary(packet(kind, this.#sent, sequence, index === payloads.length - 1, piece));
    }
  }

  stopMedia(): void {
    clearInterval(this.#timer);
  }

  /** Sends the message of `call.close(true)`. */
  forceClose(dst: string): void {
    this.socket.emit("SEND_FORCE_CLOSE", { dst, connectionId: this.connectionId });
  }

  get state(): string {
    return this.#state;
  }

  receives(event: string): Promise<{ event: string; body: unknown }> {
    return waitFor(`${event} among ${JSON.stringify(this.received)}`, () =>
      this.received.find((one) => one.event === event),
    );
  }

  /** libdatachannel closes without notifying the other side. */
  [Symbol.dispose](): void {
    this.stopMedia();
    this.#connection.close();
    this.socket.disconnect();
  }
}

function video() {
  const media = new nodeDataChannel.Video("video", "SendOnly");
  media.addVP8Codec(VIDEO.payloadType);
  media.addSSRC(VIDEO.ssrc, "caller");
  return media;
}

function audio() {
  const media = new nodeDataChannel.Audio("audio", "SendOnly");
  media.addOpusCodec(AUDIO.payloadType);
  media.addSSRC(AUDIO.ssrc, "caller");
  return media;
}

function payload(kind: "audio" | "video", number: number): Buffer {
  if (kind === "audio") return OPUS_SILENCE;
  return number <= KEYFRAMES ? KEYFRAME : DELTA_FRAME;
}

/** RFC 3550, section 5.1. */
function packet(kind: "audio" | "video", frame: number, sequence: number, isLast: boolean, piece: Buffer): Buffer {
  const { payloadType, ssrc, step } = kind === "video" ? VIDEO : AUDIO;
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = payloadType | (kind === "video" && isLast ? 0x80 : 0);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE((frame * step) >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, piece]);
}
