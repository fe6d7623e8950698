import { setTimeout as sleep } from "node:timers/promises";
import { Mixer } from "../mixer.ts";
import type { Track } from "../plan.ts";
import { type LegAudioContext, LegAudioReader } from "./legAudioReader.ts";
import type { SegmentWriter } from "./segmentWriter.ts";

const POLL_INTERVAL_MS = 50;
const CHUNK_SECONDS = 0.1;
const LONGEST_CHUNK_SECONDS = 1;
/** A participant who joins appears in the plan within this time after their first audio. */
const JOINING_MS = 4_000;
/** In a mix, levels above this are compressed softly instead of being clipped at 1. */
const SOFT_CLIP_LEVEL = 0.8;

/** Reads, mixes and writes the audio of one series of segments: one leg, or all legs mixed. */
export class AudioPipeline {
  readonly #context: LegAudioContext;
  readonly #sampleRate: number;
  readonly #originUnixMs: number;
  readonly #writer: SegmentWriter;
  readonly #isMix: boolean;
  readonly #mixer = new Mixer(1);
  readonly #readers = new Map<string, LegAudioReader>();
  /** End of the audio of the legs that have left, in samples. */
  #end = 0;
  #isClosing = false;
  /** Rejects with the error that prevents segments from being written. */
  readonly written: Promise<void>;

  /** @param isMix whether more legs may join, with audio that is already recorded. */
  constructor(
    { root, report, sampleRate, originUnixMs }: Omit<LegAudioContext, "mixer">,
    writer: SegmentWriter,
    isMix: boolean,
  ) {
    this.#context = { root, report, sampleRate, originUnixMs, mixer: this.#mixer };
    this.#sampleRate = sampleRate;
    this.#originUnixMs = originUnixMs;
    this.#writer = writer;
    this.#isMix = isMix;
    this.written = this.#write();
  }

  /** Whether all legs have left and all their audio has been read. */
  get isDrained(): boolean {
    return [...this.#readers.values()].every(({ isDone }) => isDone);
  }

  /** @param tracks of the legs in the call, by leg id. */
  update(tracks: ReadonlyMap<string, Track>): void {
    for (const [leg, reader] of this.#readers) reader.update(tracks.get(leg));
    for (const [leg, track] of tracks) {
      if (!this.#readers.has(leg)) this.#readers.set(leg, new LegAudioReader(track, this.#context));
    }
  }

  /** Resolves when the last segment is complete. It ends where the audio ends. */
  async close(): Promise<void> {
    this.update(new Map());
    this.#isClosing = true;
    await this.written;
  }

  async #write(): Promise<void> {
    for (;;) {
      const isLast = this.#isClosing && this.isDrained;
      const due = this.#completeUntil(Date.now()) - this.#mixer.taken;
      if (due >= CHUNK_SECONDS * this.#sampleRate || (isLast && due > 0)) {
        const sound = this.#mixer.take(Math.min(due, LONGEST_CHUNK_SECONDS * this.#sampleRate));
        await this.#writer.write(this.#isMix ? sound.map(softClipped) : sound);
      } else if (isLast) {
        return this.#writer.close();
      } else {
        await sleep(POLL_INTERVAL_MS);
      }
    }
  }

  /** Position up to which no more audio can arrive, in samples. */
  #completeUntil(nowMs: number): number {
    for (const [leg, reader] of this.#readers) {
      if (!reader.isDone) continue;
      this.#end = Math.max(this.#end, reader.mixedUntil);
      this.#readers.delete(leg);
    }
    if (this.#readers.size === 0) return this.#end;
    const complete = Math.min(...[...this.#readers.values()].map((reader) => reader.completeUntil(nowMs)));
    if (!this.#isMix) return complete;
    return Math.min(complete, Math.floor(((nowMs - JOINING_MS - this.#originUnixMs) / 1000) * this.#sampleRate));
  }
}

function softClipped(level: number): number {
  const loud = Math.abs(level);
  if (loud <= SOFT_CLIP_LEVEL) return level;
  const headroom = 1 - SOFT_CLIP_LEVEL;
  return Math.sign(level) * (SOFT_CLIP_LEVEL + headroom * Math.tanh((loud - SOFT_CLIP_LEVEL) / headroom));
}
