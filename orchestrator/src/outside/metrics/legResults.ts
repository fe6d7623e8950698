import { Counter, Histogram, type Registry } from "prom-client";
import type { FinishedLeg } from "./legWatch.ts";

/** A call is ready within 3 s; joining hours of it takes longer. */
const READY_BUCKETS_SECONDS = [0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300];
/** Reasons are words of ours or of the gateway; another gateway's must not make any number of series. */
const REASON = /^[a-z_]{1,32}$/;

/** Counts legs that are over, and what they recorded. */
export class LegResults {
  readonly #ready: Histogram;
  readonly #recordings: Counter<"result" | "reason" | "code">;
  readonly #recordedBytes: Counter;
  readonly #recordedSeconds: Counter;
  readonly #failedConnects: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#ready = new Histogram({
      name: "call_recorder_ready_seconds",
      help: "From the end of a leg until its recording was ready.",
      buckets: READY_BUCKETS_SECONDS,
      registers,
    });
    this.#recordings = new Counter({
      name: "call_recorder_recordings_total",
      help: "Legs that are over, by result, by why they ended, and by the code of their error.",
      labelNames: ["result", "reason", "code"],
      registers,
    });
    this.#recordedBytes = new Counter({
      name: "call_recorder_recorded_bytes_total",
      help: "Bytes of recordings that are ready.",
      registers,
    });
    this.#recordedSeconds = new Counter({
      name: "call_recorder_recorded_seconds_total",
      help: "Seconds of recordings that are ready.",
      registers,
    });
    this.#failedConnects = new Counter({
      name: "call_recorder_failed_connects_total",
      help: "Legs that were answered and whose media never came.",
      registers,
    });
    // Series exist before anything is counted: an alert compares with zero, not with nothing.
    this.#recordings.inc({ result: "ready", reason: "force_close", code: "" }, 0);
    this.#recordings.inc({ result: "failed", reason: "", code: "INTERNAL" }, 0);
  }

  /** @param atMs when the leg became ready or failed, Unix time in milliseconds. */
  count(leg: FinishedLeg, atMs: number): void {
    const reason = leg.reason !== undefined && REASON.test(leg.reason) ? leg.reason : "";
    this.#recordings.inc({ result: leg.state, reason, code: leg.error?.code ?? "" });
    if (leg.error?.code === "NOT_CONNECTED") this.#failedConnects.inc();
    if (leg.state !== "ready") return;
    this.#ready.observe(Math.max(0, atMs - Date.parse(leg.endedAt)) / 1000);
    for (const { file } of leg.files ?? [leg]) {
      this.#recordedBytes.inc(file?.bytes ?? 0);
      this.#recordedSeconds.inc(file?.durationSeconds ?? 0);
    }
  }
}
