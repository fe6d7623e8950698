import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { LEG_STATES } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Gateways } from "../../recording/gateway/gateways.ts";
import { legsAt } from "../../recording/gateway/legsAt.ts";
import type { Host } from "../../recording/host/host.ts";
import type { Recorders } from "../../recording/recorders/recorders.ts";
import type { Health } from "../health.ts";
import type { LegMetrics } from "./legMetrics.ts";
import { type FinishedLeg, LegWatch } from "./legWatch.ts";

/** A warm container starts in 0.3 s; after 15 s the start has failed. */
const START_BUCKETS_SECONDS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 15];
/** A recording is usually ready within 3 s; joining the files of many hours takes longer. */
const READY_BUCKETS_SECONDS = [0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300];
/** Reasons come from us or from the gateway. Free text of another gateway must not create an unlimited number of series. */
const REASON = /^[a-z_]{1,32}$/;

export interface MetricSources {
  calls: CallBook;
  clock: Clock;
  recorders: Pick<Recorders, "running" | "limit">;
  /** @throws if the volume cannot be read. */
  freeBytes(): Promise<number>;
  minimumFreeBytes: number;
  host: Pick<Host, "availableBytes" | "cpuWaitMs" | "limits">;
  health(): Promise<Health>;
  gateways: Pick<Gateways, "present" | "at">;
}

/** Prometheus metrics of this process, with names and base units by its conventions. */
export class Metrics implements LegMetrics {
  readonly registry = new Registry();
  readonly #recorderStart = new Histogram({
    name: "call_recorder_recorder_start_seconds",
    help: "Time from the request for a recorder until its ports are bound.",
    buckets: START_BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #recorderStartFailures = new Counter({
    name: "call_recorder_recorder_start_failures_total",
    help: "Legs that got no recorder, by error code.",
    labelNames: ["code"],
    registers: [this.registry],
  });
  readonly #answer = new Histogram({
    name: "call_recorder_answer_seconds",
    help: "Time from the ringing of a call until it was answered.",
    buckets: START_BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #ready = new Histogram({
    name: "call_recorder_ready_seconds",
    help: "Time from the end of a leg until its recording was ready.",
    buckets: READY_BUCKETS_SECONDS,
    registers: [this.registry],
  });
  readonly #recordings = new Counter({
    name: "call_recorder_recordings_total",
    help: "Legs that have ended, by result, reason and error code.",
    labelNames: ["result", "reason", "code"],
    registers: [this.registry],
  });
  readonly #recordedBytes = new Counter({
    name: "call_recorder_recorded_bytes_total",
    help: "Bytes of ready recordings.",
    registers: [this.registry],
  });
  readonly #recordedSeconds = new Counter({
    name: "call_recorder_recorded_seconds_total",
    help: "Seconds of ready recordings.",
    registers: [this.registry],
  });
  readonly #failedConnects = new Counter({
    name: "call_recorder_failed_connects_total",
    help: "Legs that were answered but never received media.",
    registers: [this.registry],
  });

  constructor(sources: MetricSources) {
    collectDefaultMetrics({ register: this.registry });
    const watch = new LegWatch(sources.calls, sources.clock, (leg, atMs) => this.#finished(leg, atMs));
    // Start these series at 0, because alerts need an existing series to compare with.
    this.#recordings.inc({ result: "ready", reason: "force_close", code: "" }, 0);
    this.#recordings.inc({ result: "failed", reason: "", code: "INTERNAL" }, 0);
    const registers = [this.registry];
    gauge("call_recorder_legs", "Legs by state.", ["state"], (gauge) => {
      const running = watch.running();
      for (const state of RUNNING_STATES) gauge.set({ state }, running.get(state)?.legs ?? 0);
    });
    gauge(
      "call_recorder_oldest_leg_seconds",
      "How long the oldest leg of a state has been in this state.",
      ["state"],
      (gauge) => {
        const running = watch.running();
        for (const state of RUNNING_STATES) gauge.set({ state }, running.get(state)?.oldestSeconds ?? 0);
      },
    );
    gauge("call_recorder_recorders", "Recorders that are running or starting.", [], (gauge) =>
      gauge.set(sources.recorders.running),
    );
    gauge("call_recorder_recorders_limit", "Maximum number of concurrent recorders.", [], (gauge) =>
      gauge.set(sources.recorders.limit),
    );
    gauge("call_recorder_storage_free_bytes", "Free space on the recordings volume.", [], async (gauge) =>
      // A missing volume counts as full, so that the alert fires.
      gauge.set(await sources.freeBytes().catch(() => 0)),
    );
    gauge("call_recorder_storage_minimum_free_bytes", "New calls are refused below this free space.", [], (gauge) =>
      gauge.set(sources.minimumFreeBytes),
    );
    gauge("call_recorder_host_available_bytes", "Available memory of the host.", [], async (gauge) =>
      gauge.set((await sources.host.availableBytes()) ?? 0),
    );
    gauge(
      "call_recorder_host_minimum_available_bytes",
      "New calls are refused below this available memory.",
      [],
      (gauge) => gauge.set(sources.host.limits.minimumAvailableBytes),
    );
    gauge("call_recorder_cpu_wait_seconds", "How long threads wait for a CPU (90th percentile).", [], (gauge) =>
      gauge.set(sources.host.cpuWaitMs / 1000),
    );
    gauge("call_recorder_gateway_up", "Whether a gateway is healthy.", ["gateway"], async (gauge) => {
      const { present } = sources.gateways;
      const healthy = await Promise.all(present.map((address) => sources.gateways.at(address).isWell()));
      gauge.reset(); // removes gateways that no longer exist
      for (const [index, gateway] of present.entries()) gauge.set({ gateway }, healthy[index] ? 1 : 0);
    });
    gauge("call_recorder_gateway_legs", "Running legs of a gateway.", ["gateway"], (gauge) => {
      const legs = legsAt(sources.calls.running());
      gauge.reset();
      for (const gateway of sources.gateways.present) gauge.set({ gateway }, legs.get(gateway) ?? 0);
    });
    gauge(
      "call_recorder_part_up",
      "Whether a part of the bundle is healthy, as reported by /api/health.",
      ["part"],
      async (gauge) => {
        const { parts } = await sources.health();
        for (const [part, { status }] of Object.entries(parts)) gauge.set({ part }, status === "ok" ? 1 : 0);
      },
    );

    function gauge<Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      collect: (gauge: Gauge<Label>) => void | Promise<void>,
    ): void {
      new Gauge<Label>({
        name,
        help,
        labelNames,
        registers,
        collect() {
          return collect(this);
        },
      });
    }
  }

  recorderBound(ms: number): void {
    this.#recorderStart.observe(ms / 1000);
  }

  recorderNotStarted(code: ErrorCode): void {
    this.#recorderStartFailures.inc({ code });
  }

  answered(ms: number): void {
    this.#answer.observe(ms / 1000);
  }

  #finished(leg: FinishedLeg, atMs: number): void {
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

const RUNNING_STATES = LEG_STATES.filter((state) => state !== "ready" && state !== "failed");
