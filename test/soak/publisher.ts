import { WhipClient, type WhipSettings } from "../senders/whipClient.ts";
import { type EncodedMedia, FRAME_RATE } from "./encodedMedia.ts";

const TICK_MS = 20;
const VIDEO_CLOCK = 90_000;
const AUDIO_CLOCK = 48_000;
const TRACKS = {
  video: { kind: "video", codec: "VP8", payloadType: 96, ssrc: 1001 },
  audio: { kind: "audio", codec: "opus", payloadType: 111, ssrc: 1002 },
} as const;

/** A WHIP client that sends pre-encoded media. */
export class Publisher implements AsyncDisposable {
  readonly peerId: string;
  readonly sent = { video: 0, audio: 0 };
  readonly #media: EncodedMedia;
  readonly #client: WhipClient<"video" | "audio">;

  private constructor(client: WhipClient<"video" | "audio">, media: EncodedMedia) {
    this.peerId = client.peerId;
    this.#client = client;
    this.#media = media;
  }

  /**
   * Calls the recorder. Resolves when media can flow.
   *
   * @throws Error with the recorder's error code, or with the step that timed out.
   */
  static async open(
    peerId: string,
    media: EncodedMedia,
    settings: Pick<WhipSettings<string>, "origin" | "bindAddress" | "answersNacks"> = {},
  ): Promise<Publisher> {
    return new Publisher(await WhipClient.open({ ...settings, peerId, tracks: TRACKS }), media);
  }

  /** From the offer until the answer was there. */
  get answeredAfterMs(): number {
    return this.#client.answeredAfterMs;
  }

  /** Sends media in real time for this many milliseconds, or until `end` aborts. */
  async talk(ms: number, end?: AbortSignal): Promise<void> {
    const begin = performance.now();
    const startVideo = this.sent.video;
    const startAudio = this.sent.audio;
    while (performance.now() - begin < ms && !end?.aborted) {
      const seconds = (performance.now() - begin) / 1000;
      while (this.sent.video - startVideo < seconds * FRAME_RATE) this.#sayFrame();
      while (this.sent.audio - startAudio < (seconds * 1000) / TICK_MS) this.#saySound();
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  hangUp(): Promise<void> {
    return this.#client.hangUp();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }

  #sayFrame(): void {
    const { video } = this.#media;
    const payloads = video[this.sent.video % video.length] ?? [];
    this.#client.tracks.video.frame(payloads, Math.round((this.sent.video * VIDEO_CLOCK) / FRAME_RATE));
    this.sent.video += 1;
  }

  #saySound(): void {
    const { audio } = this.#media;
    const payload = audio[this.sent.audio % audio.length] ?? Buffer.alloc(0);
    this.#client.tracks.audio.frame([payload], (this.sent.audio * AUDIO_CLOCK * TICK_MS) / 1000);
    this.sent.audio += 1;
  }
}
