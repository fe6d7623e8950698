import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AudioOrder, Plan, Track } from "../plan.ts";
import { type Segment, SegmentIndex } from "./segmentIndex.ts";
import { SegmentWriter, UNFINISHED } from "./segmentWriter.ts";
import { Strand } from "./strand.ts";

/** Less is no gap: times in the index count milliseconds. */
const GAP_MS = 2;
/** Instead of a leg's id where all are heard together. */
const EVERYBODY = null;

type Say = (event: Record<string, unknown>) => void;

/** The call's sound as it happens, in files of some seconds: of everybody alone, or of all together. */
export class Capture {
  readonly #order: AudioOrder;
  readonly #root: string;
  readonly #say: Say;
  readonly #index: SegmentIndex;
  /** Of each series, where another goes on. */
  readonly #latest: Map<string | null, Segment>;
  readonly #strands = new Map<string | null, Strand>();
  readonly #closing = new Set<Promise<void>>();
  /** Of those who are there, by their legs. */
  #tracks: ReadonlyMap<string, Track> = new Map();
  readonly #trouble = Promise.withResolvers<never>();

  private constructor(
    order: AudioOrder,
    root: string,
    index: SegmentIndex,
    latest: Map<string | null, Segment>,
    say: Say,
  ) {
    this.#order = order;
    this.#root = root;
    this.#index = index;
    this.#latest = latest;
    this.#say = say;
  }

  /**
   * Goes on after what an earlier one has left.
   *
   * @param root where the recordings volume is mounted.
   * @param say what is worth telling, for the log.
   * @throws the file system's error.
   */
  static async begin(order: AudioOrder, root: string, say: Say): Promise<Capture> {
    const folder = join(root, order.folder);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) if (name.endsWith(UNFINISHED)) await rm(join(folder, name));
    const index = new SegmentIndex(folder);
    return new Capture(order, root, index, await index.latest(), say);
  }

  /** Rejects with what keeps segments from being written. */
  get failed(): Promise<never> {
    return this.#trouble.promise;
  }

  /** Whether all that was said is heard, and nobody is there. */
  get isQuiet(): boolean {
    return this.#closing.size === 0 && [...this.#strands.values()].every(({ isQuiet }) => isQuiet);
  }

  /** Who is there now. */
  update({ participants }: Pick<Plan, "participants">): void {
    // Where the next recorder's track begins is not known yet when it has taken over.
    const tracks = participants.flatMap(({ id, tracks }) => {
      const track = tracks.find(({ kind }) => kind === "audio") ?? this.#tracks.get(id);
      return track ? [[id, track] as const] : [];
    });
    this.#tracks = new Map(tracks);
    if (this.#order.per === "call") this.#keep(EVERYBODY, this.#tracks);
    else {
      for (const [leg, track] of tracks) this.#keep(leg, new Map([[leg, track]]));
      for (const leg of this.#strands.keys()) if (leg !== EVERYBODY && !this.#tracks.has(leg)) this.#close(leg);
    }
  }

  /** Resolves when the last segments are complete. Rejects as `failed`. */
  async close(): Promise<void> {
    for (const leg of this.#strands.keys()) this.#close(leg);
    await Promise.race([Promise.all(this.#closing), this.failed]);
  }

  #keep(leg: string | null, tracks: ReadonlyMap<string, Track>): void {
    const strand = this.#strands.get(leg) ?? this.#begin(leg, tracks);
    strand?.update(tracks);
  }

  #begin(leg: string | null, tracks: ReadonlyMap<string, Track>): Strand | undefined {
    if (tracks.size === 0) return undefined;
    const { folder, format, segmentSeconds, sampleRate } = this.#order;
    const beginsUnixMs = Math.min(...[...tracks.values()].map(({ startUnixMs }) => startUnixMs));
    const last = this.#latest.get(leg);
    const goesOnUnixMs = last && Date.parse(last.start) + 1000 * last.seconds;
    const missingMs = goesOnUnixMs === undefined ? 0 : beginsUnixMs - goesOnUnixMs;
    const originUnixMs = Math.max(beginsUnixMs, goesOnUnixMs ?? 0);
    const series = {
      ...{ folder: join(this.#root, folder), leg, format, segmentSeconds, sampleRate, startUnixMs: originUnixMs },
      ...{ number: (last?.number ?? 0) + 1, gapSeconds: missingMs > GAP_MS ? Math.round(missingMs) / 1000 : 0 },
    };
    const writer = new SegmentWriter(series, this.#index, (segment) => {
      this.#latest.set(leg, segment);
      this.#say({ event: "segment", ...segment });
    });
    const surroundings = { root: this.#root, sampleRate, originUnixMs, say: this.#say };
    const strand = new Strand(surroundings, writer, leg === EVERYBODY);
    strand.written.catch((error) => this.#trouble.reject(error));
    this.#strands.set(leg, strand);
    return strand;
  }

  #close(leg: string | null): void {
    const closed = this.#strands
      .get(leg)
      ?.close()
      .catch(() => undefined); // `failed` says so
    this.#strands.delete(leg);
    if (!closed) return;
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }
}
