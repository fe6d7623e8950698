import type { LegIn } from "../../archive/library/manifest.ts";
import type { TracksReport } from "../gateway/gateway.ts";
import type { LegContext } from "./legContext.ts";
import { notBeforeRinging } from "./legTimes.ts";
import { firstMediaAt, manifestTracks, tracksChanged } from "./manifestTracks.ts";
import { allTracks } from "./parts.ts";

/** Polled more often until media flows, because users wait for the state `recording`. */
const CONNECTING_INTERVAL_MS = 250;
const RECORDING_INTERVAL_MS = 1_000;

/**
 * Polls the gateway for a leg's tracks: when media began, the position of each track on the gateway's clock, and packet
 * counters.
 */
export class TrackMonitor {
  leg: LegIn<"connecting"> | LegIn<"recording">;
  /** Whether this gateway reports tracks. */
  isReporting = false;
  readonly #context: LegContext;

  constructor(leg: LegIn<"connecting" | "recording">, context: LegContext) {
    this.leg = leg;
    this.#context = context;
  }

  get isConnecting(): boolean {
    return this.leg.state === "connecting";
  }

  /** Polls until `until` aborts; failed requests are repeated. */
  async keep(until: AbortSignal): Promise<void> {
    const { clock } = this.#context.services;
    while (!until.aborted) {
      const report = await this.#ask();
      if (until.aborted) return;
      if (report) await this.note(report);
      await clock.sleep(this.isConnecting ? CONNECTING_INTERVAL_MS : RECORDING_INTERVAL_MS, until);
    }
  }

  /** Reads the final report of a connection: when and why it ended; undefined if the gateway has none. */
  async close(): Promise<TracksReport["ended"] | undefined> {
    const report = await this.#ask();
    if (report) this.#take(report);
    return report?.ended;
  }

  async note(report: TracksReport): Promise<void> {
    const before = this.leg;
    const notes = this.#context.notes.all.length;
    this.#take(report);
    const isNoted = this.#context.notes.all.length !== notes;
    if (isNoted || before.state !== this.leg.state || tracksChanged(before.tracks, this.leg.tracks)) {
      await this.#context.write(this.leg);
    }
  }

  /** For gateways that do not report tracks: the media path is established. */
  async streamStarted(): Promise<void> {
    if (!this.isConnecting) return;
    this.#recording(this.#context.services.clock.now());
    await this.#context.write(this.leg);
  }

  #take(report: TracksReport): void {
    this.isReporting = true;
    this.#takeFurther(report);
    const tracks = manifestTracks(report, this.leg.codecs);
    this.leg = { ...this.leg, tracks };
    const firstMedia = firstMediaAt(allTracks(this.leg));
    if (!firstMedia) return;
    const startedAt = new Date(notBeforeRinging(firstMedia.getTime(), this.leg));
    // A sender report may correct the start by the delay of the first packet.
    if (this.isConnecting) this.#recording(startedAt);
    else if (this.#context.files.current === 1) {
      this.leg = { ...this.leg, state: "recording", startedAt: startedAt.toISOString() };
    }
  }

  /** Tracks beyond the first of each kind. */
  #takeFurther({ additional = [], surplus = [] }: TracksReport): void {
    const { callId, services } = this.#context;
    for (const id of additional) if (!services.calls.knows(id)) services.recordBeside(callId, this.leg, id);
    for (const kind of new Set(surplus)) {
      const count = surplus.filter((one) => one === kind).length;
      const detail = `${count} more ${count === 1 ? "track" : "tracks"} of ${kind}`;
      this.#context.note("NOT_RECORDED_TRACK", { kind, detail, at: services.clock.now() });
    }
  }

  #recording(startedAt: Date): void {
    this.leg = { ...this.leg, state: "recording", startedAt: startedAt.toISOString() };
    this.#context.log.info({ startedAt: this.leg.startedAt }, "leg recording");
  }

  async #ask(): Promise<TracksReport | undefined> {
    return this.#context.services.gateway.tracks(this.leg.mediaConnectionId).catch(() => undefined);
  }
}
