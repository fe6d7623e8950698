import { join } from "node:path";
import { Decoder, toPictures, toSamples } from "./decoder.ts";
import { GrowingTrack } from "./growingTrack.ts";
import { type Mixer, MixerInput, SAMPLE_RATE } from "./mixer.ts";
import type { Participant, Track } from "./plan.ts";
import type { Size } from "./tileGrid.ts";
import { VideoBuffer } from "./videoBuffer.ts";

export interface StreamContext {
  /** Mount point of the recordings volume. */
  root: string;
  mixer: Mixer;
  size: Size;
  /** Start of the stream: time of sample 0. Unix milliseconds. */
  beganUnixMs: number;
  /** The time in the call that is currently shown. Unix milliseconds. */
  now(): number;
  report(event: Record<string, unknown>): void;
}

/** A track that is being read. */
interface ReadTrack {
  /** From the newest plan: the start time becomes more exact with the first sender report. */
  track: Track;
  stop: AbortController;
}

/** Plays one participant: reads the recorded tracks, decodes them, and passes on video and audio. */
export class ParticipantPlayer {
  readonly video: VideoBuffer;
  readonly #context: StreamContext;
  readonly #tracks = new Map<string, ReadTrack>();

  constructor(context: StreamContext) {
    this.#context = context;
    this.video = new VideoBuffer(context.size);
  }

  /** Reads the participant's current tracks. A leg that continues in another file stays the same participant. */
  update({ tracks }: Pick<Participant, "tracks">): void {
    for (const [file, { stop }] of this.#tracks) {
      if (tracks.some((track) => track.file === file)) continue;
      stop.abort();
      this.#tracks.delete(file);
    }
    for (const track of tracks) {
      const known = this.#tracks.get(track.file);
      if (known) known.track = track;
      else this.#begin(track);
    }
  }

  leave(): void {
    this.update({ tracks: [] });
  }

  #begin(track: Track): void {
    const readTrack: ReadTrack = { track, stop: new AbortController() };
    this.#tracks.set(track.file, readTrack);
    void this.#read(readTrack).catch((error) => {
      this.#context.report({ event: "lost", file: track.file, reason: String(error) });
      if (this.#tracks.get(track.file) === readTrack) this.#tracks.delete(track.file); // the next plan retries it
    });
  }

  async #read(readTrack: ReadTrack): Promise<void> {
    const { root, now, size } = this.#context;
    const { track, stop } = readTrack;
    await using file = await GrowingTrack.open(join(root, track.file));
    using decoder = new Decoder(track.kind === "video" ? toPictures(size) : toSamples());
    stop.signal.addEventListener("abort", () => decoder[Symbol.dispose]());
    const playing = this.#play(readTrack, decoder);
    const fromMs = (now() - track.startUnixMs) / track.rate;
    for await (const bytes of file.read(fromMs, stop.signal)) await decoder.feed(bytes);
    await playing;
  }

  async #play(readTrack: ReadTrack, { frames }: Decoder): Promise<void> {
    const { beganUnixMs, mixer } = this.#context;
    const input = new MixerInput(mixer);
    for await (const { ms, data } of frames) {
      const { kind, startUnixMs, rate } = readTrack.track;
      const unixMs = startUnixMs + ms * rate;
      if (kind === "video") this.video.put({ ms: unixMs, data });
      else input.add(samplesOf(data), ((unixMs - beganUnixMs) / 1000) * SAMPLE_RATE);
    }
  }
}

/** Views bytes as 32-bit floats. Copies them if they are not aligned. */
export function samplesOf(data: Buffer): Float32Array {
  const bytes = data.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? data : Buffer.from(data);
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(data.length / Float32Array.BYTES_PER_ELEMENT));
}
