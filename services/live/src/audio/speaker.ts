import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Decoder, toSamples } from "../decoder.ts";
import { blockOf, elementHeader, ID, unsigned } from "../element.ts";
import { GrowingTrack } from "../growingTrack.ts";
import { samplesOf } from "../guest.ts";
import type { Mixer } from "../mixer.ts";
import type { Track } from "../plan.ts";
import { Placement } from "./placement.ts";

/**
 * Of a moment of which nothing has come by then there is nothing. Recorders write a second at a time, but may take some
 * more to begin, and the gateway asks for seconds for what was lost; nobody waits for silence.
 */
const SILENT_MS = 10_000;
/** A reader that has found nothing more for so long has read all there is. */
const IDLE_MS = 1_000;
/** Who has left a track writes the last of it within so long. */
const QUIET_MS = 2_000;
/** What is not decoded by then is nothing that can be decoded. */
const DECODE_LIMIT_MS = 10_000;
/** A decoder that is no further behind has nothing more to say. */
const DECODED_MS = 5;
const RETRY_MS = 1_000;
const LOOK_INTERVAL_MS = 50;
/** Of what has no frames. */
const NO_FRAME_MS = -1;

export interface SpeakerSurroundings {
  root: string;
  mixer: Mixer;
  sampleRate: number;
  /** Where samples are counted from. Unix milliseconds. */
  originUnixMs: number;
  say(event: Record<string, unknown>): void;
}

/** What one leg says, read from its beginning to its end: file after file, and none of them decoded before its time. */
export class Speaker {
  readonly #surroundings: SpeakerSurroundings;
  readonly #placement: Placement;
  readonly #left = new Map<string, AbortController>();
  #newest: Track | undefined;
  #turn: Promise<void> = Promise.resolve();
  #files = 0;
  /** Everything before is in the mixer, in samples. */
  #heard: number;
  /** Up to where the decoder was fed, in samples, and when that was. */
  #fed = { at: 0, ms: 0 };
  /** Since when there is nothing to be read; undefined while there is. */
  #idleSinceMs: number | undefined;

  constructor(track: Track, surroundings: SpeakerSurroundings) {
    this.#surroundings = surroundings;
    this.#placement = new Placement(surroundings.sampleRate);
    this.#heard = Math.max(0, Math.floor(this.#positionOf(track.startUnixMs)));
    this.update(track);
  }

  get heard(): number {
    return this.#heard;
  }

  /** The leg has left, and all that it said is in the mixer. */
  get isDone(): boolean {
    return this.#newest === undefined && this.#files === 0;
  }

  /** @param track what is recorded of the leg now; nothing when it has left. */
  update(track: Track | undefined): void {
    for (const [file, left] of this.#left) if (file !== track?.file) left.abort();
    this.#newest = track;
    if (!track || this.#left.has(track.file)) return;
    const left = new AbortController();
    this.#left.set(track.file, left);
    this.#files += 1;
    this.#turn = this.#turn
      .then(() => this.#follow(track, left.signal))
      .finally(() => {
        this.#files -= 1;
      });
  }

  /** Up to where nothing more can come, in samples. */
  final(nowMs: number): number {
    const isDecoding =
      this.#fed.at - this.#heard > this.#samplesIn(DECODED_MS) && nowMs - this.#fed.ms < DECODE_LIMIT_MS;
    const isReading = this.#idleSinceMs === undefined || nowMs - this.#idleSinceMs < IDLE_MS;
    if (isDecoding || isReading) return this.#heard;
    return Math.max(this.#heard, Math.floor(this.#positionOf(nowMs - SILENT_MS)));
  }

  /** Tries again what cannot be read, for as long as the leg is there. */
  async #follow(track: Track, left: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.#read(track, left);
      } catch (error) {
        this.#surroundings.say({ event: "lost", file: track.file, reason: String(error) });
        this.#idleSinceMs ??= Date.now();
        if (left.aborted) return;
        await sleep(RETRY_MS, undefined, { signal: left }).catch(() => undefined);
      }
    }
  }

  async #read(track: Track, left: AbortSignal): Promise<void> {
    const { root, sampleRate } = this.#surroundings;
    this.#idleSinceMs = undefined;
    await using file = await GrowingTrack.open(join(root, track.file));
    using decoder = new Decoder(toSamples(sampleRate, 1));
    const hearing = this.#hear(track, decoder);
    const over = new AbortController();
    let leftMs: number | undefined;
    const look = setInterval(() => {
      if (left.aborted) leftMs ??= Date.now();
      const quietSinceMs = leftMs && this.#idleSinceMs && Math.max(leftMs, this.#idleSinceMs);
      if (quietSinceMs && Date.now() - quietSinceMs > QUIET_MS) over.abort();
    }, LOOK_INTERVAL_MS);
    try {
      const fromMs = (this.#unixMsOf(this.#heard) - track.startUnixMs) / track.rate;
      this.#idleSinceMs = Date.now();
      for await (const bytes of file.read(fromMs, over.signal)) {
        this.#idleSinceMs = undefined;
        await decoder.feed(bytes);
        const lastMs = lastBlockMs(bytes);
        if (lastMs >= 0) this.#fed = { at: this.#positionIn(track, lastMs), ms: Date.now() };
        this.#idleSinceMs = Date.now();
      }
    } finally {
      clearInterval(look);
    }
    decoder.end();
    await hearing;
  }

  async #hear(track: Track, { frames }: Decoder): Promise<void> {
    const { mixer } = this.#surroundings;
    this.#placement.begin();
    for await (const { ms, data } of frames) {
      const placed = this.#placement.place(samplesOf(data), this.#positionIn(track, ms));
      if (!placed) continue;
      const end = placed.at + placed.samples.length;
      this.#heard = Math.max(this.#heard, placed.at); // there is nothing before, or others would wait for it
      while (!mixer.hasRoom(end)) await sleep(LOOK_INTERVAL_MS);
      mixer.add(placed.samples, placed.at);
      this.#heard = Math.max(this.#heard, end);
    }
  }

  /** Of a time of a track's file, by what is known of the track now: sender reports make it better. */
  #positionIn(track: Track, ms: number): number {
    const { startUnixMs, rate } = this.#newest?.file === track.file ? this.#newest : track;
    return this.#positionOf(startUnixMs + ms * rate);
  }

  #positionOf(unixMs: number): number {
    return this.#samplesIn(unixMs - this.#surroundings.originUnixMs);
  }

  #samplesIn(ms: number): number {
    return (ms / 1000) * this.#surroundings.sampleRate;
  }

  #unixMsOf(position: number): number {
    return this.#surroundings.originUnixMs + (1000 * position) / this.#surroundings.sampleRate;
  }
}

/** The time of the last frame in a cluster; less than 0 in what is none. */
function lastBlockMs(bytes: Buffer): number {
  const cluster = elementHeader(bytes);
  if (cluster?.id !== ID.cluster) return NO_FRAME_MS;
  let clusterMs = 0;
  let lastMs = NO_FRAME_MS;
  for (let at = cluster.length; ; ) {
    const header = elementHeader(bytes, at);
    if (!header) return lastMs;
    const { id, length, size = 0 } = header;
    const content = bytes.subarray(at + length, at + length + size);
    if (id === ID.timestamp) clusterMs = unsigned(content);
    if (id === ID.simpleBlock) lastMs = clusterMs + (blockOf(content)?.relativeMs ?? 0);
    at += length + size;
  }
}
