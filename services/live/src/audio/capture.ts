import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AudioOutput, Plan, Track } from "../plan.ts";
import { AudioPipeline } from "./audioPipeline.ts";
import { type Segment, SegmentIndex } from "./segmentIndex.ts";
import { SegmentWriter, UNFINISHED } from "./segmentWriter.ts";

/** Smaller differences are rounding: times in the index have millisecond resolution. */
const GAP_MS = 2;
/** Key of the mix of all legs, used instead of a leg id. */
const MIX = null;

type Report = (event: Record<string, unknown>) => void;

/** Writes the call's audio in files of several seconds while the call goes on: one series per leg, or one mix. */
export class Capture {
  readonly #output: AudioOutput;
  readonly #root: string;
  readonly #report: Report;
  readonly #index: SegmentIndex;
  /** The last segment of each series. A new writer continues after it. */
  readonly #latest: Map<string | null, Segment>;
  readonly #pipelines = new Map<string | null, AudioPipeline>();
  readonly #closing = new Set<Promise<void>>();
  /** Tracks of the participants in the call, by leg id. */
  #tracks: ReadonlyMap<string, Track> = new Map();
  readonly #failure = Promise.withResolvers<never>();

  private constructor(
    output: AudioOutput,
    root: string,
    index: SegmentIndex,
    latest: Map<string | null, Segment>,
    report: Report,
  ) {
    this.#output = output;
    this.#root = root;
    this.#index = index;
    this.#latest = latest;
    this.#report = report;
  }

  /**
   * Starts a capture that continues after the segments of an earlier one.
   *
   * @param root mount point of the recordings volume.
   * @param report receives events for the log.
   * @throws the file system's error.
   */
  static async begin(output: AudioOutput, root: string, report: Report): Promise<Capture> {
    const folder = join(root, output.folder);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) if (name.endsWith(UNFINISHED)) await rm(join(folder, name));
    const index = new SegmentIndex(folder);
    return new Capture(output, root, index, await index.latest(), report);
  }

  /** Rejects with the error that prevents segments from being written. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /** Whether nobody is in the call and all recorded audio has been read. */
  get isDrained(): boolean {
    return this.#closing.size === 0 && [...this.#pipelines.values()].every(({ isDrained }) => isDrained);
  }

  /** Sets the participants who are in the call now. */
  update({ participants }: Pick<Plan, "participants">): void {
    // Right after a takeover, the start time of the next recorder's track is not known yet.
    const tracks = participants.flatMap(({ id, tracks }) => {
      const track = tracks.find(({ kind }) => kind === "audio") ?? this.#tracks.get(id);
      return track ? [[id, track] as const] : [];
    });
    this.#tracks = new Map(tracks);
    if (this.#output.per === "call") this.#updatePipeline(MIX, this.#tracks);
    else {
      for (const [leg, track] of tracks) this.#updatePipeline(leg, new Map([[leg, track]]));
      for (const leg of this.#pipelines.keys()) if (leg !== MIX && !this.#tracks.has(leg)) this.#close(leg);
    }
  }

  /** Resolves when the last segments are complete. Rejects like `failed`. */
  async close(): Promise<void> {
    for (const leg of this.#pipelines.keys()) this.#close(leg);
    await Promise.race([Promise.all(this.#closing), this.failed]);
  }

  #updatePipeline(leg: string | null, tracks: ReadonlyMap<string, Track>): void {
    const pipeline = this.#pipelines.get(leg) ?? this.#begin(leg, tracks);
    pipeline?.update(tracks);
  }

  #begin(leg: string | null, tracks: ReadonlyMap<string, Track>): AudioPipeline | undefined {
    if (tracks.size === 0) return undefined;
    const { folder, format, segmentSeconds, sampleRate } = this.#output;
    const beginsUnixMs = Math.min(...[...tracks.values()].map(({ startUnixMs }) => startUnixMs));
    const last = this.#latest.get(leg);
    const previousEndUnixMs = last && Date.parse(last.start) + 1000 * last.seconds;
    const missingMs = previousEndUnixMs === undefined ? 0 : beginsUnixMs - previousEndUnixMs;
    const originUnixMs = Math.max(beginsUnixMs, previousEndUnixMs ?? 0);
    const series = {
      ...{ folder: join(this.#root, folder), leg, format, segmentSeconds, sampleRate, startUnixMs: originUnixMs },
      ...{ number: (last?.number ?? 0) + 1, gapSeconds: missingMs > GAP_MS ? Math.round(missingMs) / 1000 : 0 },
    };
    const writer = new SegmentWriter(series, this.#index, (segment) => {
      this.#latest.set(leg, segment);
      this.#report({ event: "segment", ...segment });
    });
    const context = { root: this.#root, sampleRate, originUnixMs, report: this.#report };
    const pipeline = new AudioPipeline(context, writer, leg === MIX);
    pipeline.written.catch((error) => this.#failure.reject(error));
    this.#pipelines.set(leg, pipeline);
    return pipeline;
  }

  #close(leg: string | null): void {
    const closed = this.#pipelines
      .get(leg)
      ?.close()
      .catch(() => undefined); // reported by `failed`
    this.#pipelines.delete(leg);
    if (!closed) return;
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }
}
