import { Counter, Histogram, type Registry } from "prom-client";
import { NOTES } from "../../notes.ts";
import { boundedSeconds, notBeforeRinging } from "../../recording/legs/legTimes.ts";
import type { FinishedLeg } from "./legWatch.ts";

/** A recording is usually ready within 3 s; joining the files of many hours takes longer. */
const READY_BUCKETS_SECONDS = [0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300];
/** Reasons come from us or from the gateway. Free text of another gateway must not create an unlimited number of series. */
const REASON = /^[a-z_]{1,32}$/;

/** Notes that concern the whole leg have no kind. */
const NOTE_KINDS = ["audio", "video", ""];

/** Counts legs that are over, and what they recorded. */
export class LegResults {
  readonly #ready: Histogram;
  readonly #recordings: Counter<"result" | "reason" | "code">;
  readonly #recordedBytes: Counter;
  readonly #recordedSeconds: Counter;
  readonly #failedConnects: Counter;
  readonly #notes: Counter<"code" | "kind">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#ready = new Histogram({
      name: "call_recorder_ready_seconds",
      help: "Time from the end of a leg until its recording was ready.",
      buckets: READY_BUCKETS_SECONDS,
      registers,
    });
    this.#recordings = new Counter({
      name: "call_recorder_recordings_total",
      help: "Legs that have ended, by result, reason and error code.",
      labelNames: ["result", "reason", "code"],
      registers,
    });
    this.#recordedBytes = new Counter({
      name: "call_recorder_recorded_bytes_total",
      help: "Bytes of ready recordings.",
      registers,
    });
    this.#recordedSeconds = new Counter({
      name: "call_recorder_recorded_seconds_total",
      help: "Seconds of ready recordings.",
      registers,
    });
    this.#failedConnects = new Counter({
      name: "call_recorder_failed_connects_total",
      help: "Legs that were answered but never received media.",
      registers,
    });
    this.#notes = new Counter({
      name: "call_recorder_notes_total",
      help: "Legs that have ended and lack something, by the code of the note and the kind of media.",
      labelNames: ["code", "kind"],
      registers,
    });
    // Start these series at 0, because alerts need an existing series to compare with.
    this.#recordings.inc({ result: "ready", reason: "force_close", code: "" }, 0);
    this.#recordings.inc({ result: "failed", reason: "", code: "INTERNAL" }, 0);
    for (const code of Object.keys(NOTES)) for (const kind of NOTE_KINDS) this.#notes.inc({ code, kind }, 0);
  }

  /** @param atMs when the leg became ready or failed, Unix time in milliseconds. */
  count(leg: FinishedLeg, atMs: number): void {
    const reason = leg.reason !== undefined && REASON.test(leg.reason) ? leg.reason : "";
    this.#recordings.inc({ result: leg.state, reason, code: leg.error?.code ?? "" });
    if (leg.error?.code === "NOT_CONNECTED") this.#failedConnects.inc();
    // Several files of a leg may have the same note.
    const noted = new Map((leg.notes ?? []).map(({ code, kind = "" }) => [`${code} ${kind}`, { code, kind }]));
    for (const labels of noted.values()) this.#notes.inc(labels);
    if (leg.state !== "ready") return;
    this.#ready.observe(Math.max(0, atMs - Date.parse(leg.endedAt)) / 1000);
    for (const { file, startedAt } of leg.files ?? [leg]) {
      if (!file) continue;
      this.#recordedBytes.inc(file.bytes);
      this.#recordedSeconds.inc(boundedSeconds(file, leg, notBeforeRinging(Date.parse(startedAt), leg)));
    }
  }
}
