import { Counter, Histogram, type Registry } from "prom-client";
import type { ErrorCode } from "../../errors.ts";

/** A warm container starts in 0.3 s; after 15 s the start has failed. */
const START_BUCKETS_SECONDS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 15];

/** Metrics of a leg's start, which its manifest does not hold. */
export class LegMetrics {
  readonly #recorderStart: Histogram;
  readonly #recorderStartFailures: Counter<"code">;
  readonly #answer: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#recorderStart = new Histogram({
      name: "call_recorder_recorder_start_seconds",
      help: "Time from the request for a recorder until its ports are bound.",
      buckets: START_BUCKETS_SECONDS,
      registers,
    });
    this.#recorderStartFailures = new Counter({
      name: "call_recorder_recorder_start_failures_total",
      help: "Legs that got no recorder, by error code.",
      labelNames: ["code"],
      registers,
    });
    this.#answer = new Histogram({
      name: "call_recorder_answer_seconds",
      help: "Time from the ringing of a call until it was answered.",
      buckets: START_BUCKETS_SECONDS,
      registers,
    });
  }

  /** @param ms from asking for a recorder until its ports were bound. */
  recorderBound(ms: number): void {
    this.#recorderStart.observe(ms / 1000);
  }

  recorderNotStarted(code: ErrorCode): void {
    this.#recorderStartFailures.inc({ code });
  }

  /** @param ms from the ring until the call was answered. */
  answered(ms: number): void {
    this.#answer.observe(ms / 1000);
  }
}
