import { setTimeout as sleep } from "node:timers/promises";
import { Mixer } from "../mixer.ts";
import type { Track } from "../plan.ts";
import type { SegmentWriter } from "./segmentWriter.ts";
import { Speaker, type SpeakerSurroundings } from "./speaker.ts";

const LOOK_INTERVAL_MS = 50;
const CHUNK_SECONDS = 0.1;
const LONGEST_CHUNK_SECONDS = 1;
/** Whoever joins others is known of so long after their first word. */
const JOINING_MS = 4_000;
/** Several voices are made softer from here on, rather than cut off at 1. */
const LOUD = 0.8;

/** Sound that goes into one series of segments: that of one leg, or of all legs together. */
export class Strand {
  readonly #surroundings: SpeakerSurroundings;
  readonly #sampleRate: number;
  readonly #originUnixMs: number;
  readonly #writer: SegmentWriter;
  readonly #isMix: boolean;
  readonly #mixer = new Mixer(1);
  readonly #speakers = new Map<string, Speaker>();
  /** Where the last sound ends of those who have left, in samples. */
  #end = 0;
  #isOver = false;
  /** Rejects with what keeps segments from being written. */
  readonly written: Promise<void>;

  /** @param isMix whether somebody may still join who has spoken in the meantime. */
  constructor(
    { root, say, sampleRate, originUnixMs }: Omit<SpeakerSurroundings, "mixer">,
    writer: SegmentWriter,
    isMix: boolean,
  ) {
    this.#surroundings = { root, say, sampleRate, originUnixMs, mixer: this.#mixer };
    this.#sampleRate = sampleRate;
    this.#originUnixMs = originUnixMs;
    this.#writer = writer;
    this.#isMix = isMix;
    this.written = this.#write();
  }

  /** Whether all that was said by those who have left is heard, and nobody else is there. */
  get isQuiet(): boolean {
    return [...this.#speakers.values()].every(({ isDone }) => isDone);
  }

  /** @param tracks of those who are there, by their legs. */
  update(tracks: ReadonlyMap<string, Track>): void {
    for (const [leg, speaker] of this.#speakers) speaker.update(tracks.get(leg));
    for (const [leg, track] of tracks) {
      if (!this.#speakers.has(leg)) this.#speakers.set(leg, new Speaker(track, this.#surroundings));
    }
  }

  /** Resolves when the last segment is complete: cut where the last sound ends. */
  async close(): Promise<void> {
    this.update(new Map());
    this.#isOver = true;
    await this.written;
  }

  async #write(): Promise<void> {
    for (;;) {
      const isLast = this.#isOver && this.isQuiet;
      const due = this.#final(Date.now()) - this.#mixer.taken;
      if (due >= CHUNK_SECONDS * this.#sampleRate || (isLast && due > 0)) {
        const sound = this.#mixer.take(Math.min(due, LONGEST_CHUNK_SECONDS * this.#sampleRate));
        await this.#writer.write(this.#isMix ? sound.map(softened) : sound);
      } else if (isLast) {
        return this.#writer.close();
      } else {
        await sleep(LOOK_INTERVAL_MS);
      }
    }
  }

  /** Up to where all is there that is going to be, in samples. */
  #final(nowMs: number): number {
    for (const [leg, speaker] of this.#speakers) {
      if (!speaker.isDone) continue;
      this.#end = Math.max(this.#end, speaker.heard);
      this.#speakers.delete(leg);
    }
    if (this.#speakers.size === 0) return this.#end;
    const known = Math.min(...[...this.#speakers.values()].map((speaker) => speaker.final(nowMs)));
    if (!this.#isMix) return known;
    return Math.min(known, Math.floor(((nowMs - JOINING_MS - this.#originUnixMs) / 1000) * this.#sampleRate));
  }
}

function softened(level: number): number {
  const loud = Math.abs(level);
  return loud <= LOUD ? level : Math.sign(level) * (LOUD + (1 - LOUD) * Math.tanh((loud - LOUD) / (1 - LOUD)));
}
