import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { FrameCounts } from "../bundle/framesInFiles.ts";
import { waitFor } from "../bundle/waitFor.ts";
import type { RoamingHost } from "../network/roamingHost.ts";
import type { EncodedMedia } from "../soak/encodedMedia.ts";

const PLACED_LIMIT_MS = 180_000;

export interface CallersSettings {
  /** Begins the peer ids. */
  run: string;
  origin: string;
  bindAddress: string;
}

export interface CallsOrder {
  /** Number of the first call. */
  first: number;
  count: number;
  perSecond: number;
}

export type CallerEvent =
  | { event: "answered"; peerId: string; afterMs: number }
  | { event: "failed"; peerId: string; reason: string }
  | { event: "over"; peerId: string; sent: FrameCounts };

/** Synthetic callers in a process on a host of their own, so that their packets take the way of those from outside. */
export class Callers implements AsyncDisposable {
  readonly answeredAfterMs: number[] = [];
  readonly failures: string[] = [];
  readonly sent = new Map<string, FrameCounts>();
  readonly #child: ChildProcess;
  readonly #folder: string;
  #ordered = 0;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
      const event = JSON.parse(line) as CallerEvent;
      if (event.event === "answered") this.answeredAfterMs.push(event.afterMs);
      else if (event.event === "failed") this.failures.push(`${event.peerId}: ${event.reason}`);
      else this.sent.set(event.peerId, event.sent);
    });
  }

  static async open(host: RoamingHost, settings: CallersSettings, media: EncodedMedia): Promise<Callers> {
    const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
    const text = (bytes: Buffer) => bytes.toString("base64");
    const encoded = { video: media.video.map((frame) => frame.map(text)), audio: media.audio.map(text) };
    await writeFile(join(folder, "media.json"), JSON.stringify(encoded));
    const program = ["test/load/callersInside.ts", JSON.stringify(settings), join(folder, "media.json")];
    return new Callers(host.spawn(process.execPath, program), folder);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Makes more calls. Resolves when each is answered or has failed. */
  async call(count: number, perSecond: number): Promise<void> {
    const order: CallsOrder = { first: this.#ordered, count, perSecond };
    this.#ordered += count;
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    await waitFor(
      "all calls are answered",
      PLACED_LIMIT_MS,
      () => this.answeredAfterMs.length + this.failures.length >= this.#ordered,
      () => `${this.answeredAfterMs.length} answered, ${this.failures.length} failed`,
    );
  }

  /** All at once. Resolves when the process has ended. */
  async hangUp(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.stdin?.end("\n");
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await rm(this.#folder, { recursive: true });
  }
}
