import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { blockOf, elementHeader, HEADER_BYTES, ID, unsigned } from "./element.ts";

/** A recorder writes a cluster a second. */
const POLL_INTERVAL_MS = 50;
/** Enough for a cluster's timestamp and the header of its first block. */
const CLUSTER_START_BYTES = 64;
const CLUSTER_LIMIT_BYTES = 64 * 1024 * 1024;

interface Cluster {
  at: number;
  bytes: number;
  ms: number;
  beginsWithKeyframe: boolean;
}

/**
 * A track file that a recorder is still writing. The recorder only appends, so an element with a size is final. The
 * file is opened for reading only and needs no cooperation from the recorder.
 */
export class GrowingTrack implements AsyncDisposable {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws the file system's error. */
  static async open(path: string): Promise<GrowingTrack> {
    return new GrowingTrack(await open(path, "r"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  /**
   * Yields the file as it grows, without the clusters before the start time.
   *
   * @param fromMs start time in the file. Reading begins at the last keyframe before it.
   */
  async *read(fromMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    const head = await this.#head(signal);
    if (!head) return;
    yield await this.#bytes(0, head);
    let at = await this.#beginning(head, fromMs);
    while (!signal.aborted) {
      const element = await this.#element(at);
      if (!element) {
        await sleep(POLL_INTERVAL_MS);
        continue;
      }
      if (element.id === ID.cluster) yield await this.#bytes(at, element.end - at);
      at = element.end;
    }
  }

  /** Length of everything before the first cluster; undefined if aborted. */
  async #head(signal: AbortSignal): Promise<number | undefined> {
    let at = 0;
    while (!signal.aborted) {
      const header = elementHeader(await this.#bytes(at, HEADER_BYTES));
      if (header?.id === ID.cluster) return at;
      if (header?.id === ID.segment) at += header.length;
      else if (header) at += header.length + (header.size ?? 0);
      else await sleep(POLL_INTERVAL_MS);
    }
    return undefined;
  }

  async #beginning(head: number, fromMs: number): Promise<number> {
    let beginning = head;
    for (let at = head; ; ) {
      const cluster = await this.#cluster(at);
      if (!cluster || cluster.ms > fromMs) return beginning;
      if (cluster.beginsWithKeyframe) beginning = at;
      at += cluster.bytes;
    }
  }

  async #cluster(at: number): Promise<Cluster | undefined> {
    const element = await this.#element(at);
    if (element?.id !== ID.cluster) return undefined;
    const start = await this.#bytes(element.start, CLUSTER_START_BYTES);
    const cluster: Cluster = { at, bytes: element.end - at, ms: 0, beginsWithKeyframe: false };
    for (let inside = 0; ; ) {
      const header = elementHeader(start, inside);
      if (!header) return cluster;
      const content = start.subarray(inside + header.length, inside + header.length + (header.size ?? 0));
      if (header.id === ID.timestamp) cluster.ms = unsigned(content);
      if (header.id === ID.simpleBlock)
        return { ...cluster, beginsWithKeyframe: blockOf(content)?.isKeyframe === true };
      inside += header.length + (header.size ?? 0);
    }
  }

  /** Element within the segment; undefined while it is incomplete. */
  async #element(at: number): Promise<{ id: number; start: number; end: number } | undefined> {
    const header = elementHeader(await this.#bytes(at, HEADER_BYTES));
    if (header?.size === undefined) return undefined;
    const { id, length, size } = header;
    if (size > CLUSTER_LIMIT_BYTES) throw new Error(`an element of ${size} bytes is larger than recorders write`);
    const end = at + length + size;
    return (await this.#file.stat()).size >= end ? { id, start: at + length, end } : undefined;
  }

  async #bytes(at: number, count: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(count);
    const { bytesRead } = await this.#file.read(buffer, 0, count, at);
    return buffer.subarray(0, bytesRead);
  }
}
