import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Decoder, toSamples } from "../decoder.ts";
import { blockOf, elementHeader, ID, unsigned } from "../element.ts";
import { GrowingTrack } from "../growingTrack.ts";
import type { Mixer } from "../mixer.ts";
import { samplesOf } from "../participantPlayer.ts";
import type { Track } from "../plan.ts";
import { Placement } from "./placement.ts";

/**
 * A moment without audio after this time counts as silence. Recorders write once a second, may need several seconds to
 * start, and the gateway requests retransmission of lost packets for several seconds.
 */
const SILENCE_AFTER_MS = 10_000;
/** A reader that has found no new data for this long has read everything. */
const IDLE_MS = 1_000;
/** After a participant leaves, the recorder writes the rest of the track within this time. */
const FINAL_WRITE_MS = 2_000;
/** Data that is not decoded within this time cannot be decoded. */
const DECODE_LIMIT_MS = 10_000;
/** A decoder that is behind by no more than this has returned everything. */
const DECODED_MS = 5;
const RETRY_MS = 1_000;
const POLL_INTERVAL_MS = 50;
/** Result for data without frames. */
const NO_FRAME_MS = -1;

export interface LegAudioContext {
  root: string;
  mixer: Mixer;
  sampleRate: number;
  /** Time of sample 0. Unix milliseconds. */
  originUnixMs: number;
  report(event: Record<string, unknown>): void;
}

/** Reads the audio of one leg from beginning to end: one file after another, each decoded only when its turn comes. */
export class LegAudioReader {
  readonly #context: LegAudioContext;
  readonly #placement: Placement;
  /** By file: aborted when the leg has left that file. */
  readonly #leaving = new Map<string, AbortController>();
  #newest: Track | undefined;
  #queue: Promise<void> = Promise.resolve();
  #files = 0;
  /** Everything before this position is in the mixer, in samples. */
  #mixedUntil: number;
  /** Position up to which the decoder was fed, in samples, and when it was fed. */
  #fed = { at: 0, ms: 0 };
  /** Since when there is no data to read; undefined while there is. */
  #idleSinceMs: number | undefined;

  constructor(track: Track, context: LegAudioContext) {
    this.#context = context;
    this.#placement = new Placement(context.sampleRate);
    this.#mixedUntil = Math.max(0, Math.floor(this.#positionOf(track.startUnixMs)));
    this.update(track);
  }

  /** Everything before this position is in the mixer, in samples. */
  get mixedUntil(): number {
    return this.#mixedUntil;
  }

  /** Whether the leg has left and all its audio is in the mixer. */
  get isDone(): boolean {
    return this.#newest === undefined && this.#files === 0;
  }

  /** @param track the leg's current track; undefined if the leg has left. */
  update(track: Track | undefined): void {
    for (const [file, leaving] of this.#leaving) if (file !== track?.file) leaving.abort();
    this.#newest = track;
    if (!track || this.#leaving.has(track.file)) return;
    const leaving = new AbortController();
    this.#leaving.set(track.file, leaving);
    this.#files += 1;
    this.#queue = this.#queue
      .then(() => this.#readWithRetry(track, leaving.signal))
      .finally(() => {
        this.#files -= 1;
      });
  }

  /** Position up to which no more audio can arrive, in samples. */
  completeUntil(nowMs: number): number {
    const isDecoding =
      this.#fed.at - this.#mixedUntil > this.#samplesIn(DECODED_MS) && nowMs - this.#fed.ms < DECODE_LIMIT_MS;
    const isReading = this.#idleSinceMs === undefined || nowMs - this.#idleSinceMs < IDLE_MS;
    if (isDecoding || isReading) return this.#mixedUntil;
    return Math.max(this.#mixedUntil, Math.floor(this.#positionOf(nowMs - SILENCE_AFTER_MS)));
  }

  /** Retries a file that cannot be read until the leg leaves. */
  async #readWithRetry(track: Track, leaving: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.#read(track, leaving);
      } catch (error) {
        this.#context.report({ event: "lost", file: track.file, reason: String(error) });
        this.#idleSinceMs ??= Date.now();
        if (leaving.aborted) return;
        await sleep(RETRY_MS, undefined, { signal: leaving }).catch(() => undefined);
      }
    }
  }

  async #read(track: Track, leaving: AbortSignal): Promise<void> {
    const { root, sampleRate } = this.#context;
    this.#idleSinceMs = undefined;
    await using file = await GrowingTrack.open(join(root, track.file));
    using decoder = new Decoder(toSamples(sampleRate, 1));
    const mixing = this.#mix(track, decoder);
    const over = new AbortController();
    let leftMs: number | undefined;
    const poll = setInterval(() => {
      if (leaving.aborted) leftMs ??= Date.now();
      const quietSinceMs = leftMs && this.#idleSinceMs && Math.max(leftMs, this.#idleSinceMs);
      if (quietSinceMs && Date.now() - quietSinceMs > FINAL_WRITE_MS) over.abort();
    }, POLL_INTERVAL_MS);
    try {
      const fromMs = (this.#unixMsOf(this.#mixedUntil) - track.startUnixMs) / track.rate;
      this.#idleSinceMs = Date.now();
      for await (const bytes of file.read(fromMs, over.signal)) {
        this.#idleSinceMs = undefined;
        await decoder.feed(bytes);
        const lastMs = lastBlockMs(bytes);
        if (lastMs >= 0) this.#fed = { at: this.#positionIn(track, lastMs), ms: Date.now() };
        this.#idleSinceMs = Date.now();
      }
    } finally {
      clearInterval(poll);
    }
    decoder.end();
    await mixing;
  }

  async #mix(track: Track, { frames }: Decoder): Promise<void> {
    const { mixer } = this.#context;
    this.#placement.beginFile();
    for await (const { ms, data } of frames) {
      const placed = this.#placement.place(samplesOf(data), this.#positionIn(track, ms));
      if (!placed) continue;
      const end = placed.at + placed.samples.length;
      this.#mixedUntil = Math.max(this.#mixedUntil, placed.at); // the gap before it must not hold up other legs
      while (!mixer.hasRoom(end)) await sleep(POLL_INTERVAL_MS);
      mixer.add(placed.samples, placed.at);
      this.#mixedUntil = Math.max(this.#mixedUntil, end);
    }
  }

  /** Position of a timestamp in a track's file. Uses the newest track data, which sender reports make more exact. */
  #positionIn(track: Track, ms: number): number {
    const { startUnixMs, rate } = this.#newest?.file === track.file ? this.#newest : track;
    return this.#positionOf(startUnixMs + ms * rate);
  }

  #positionOf(unixMs: number): number {
    return this.#samplesIn(unixMs - this.#context.originUnixMs);
  }

  #samplesIn(ms: number): number {
    return (ms / 1000) * this.#context.sampleRate;
  }

  #unixMsOf(position: number): number {
    return this.#context.originUnixMs + (1000 * position) / this.#context.sampleRate;
  }
}

/** The time of the last frame in a cluster; negative if the bytes are not a cluster. */
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
