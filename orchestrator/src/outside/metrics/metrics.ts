import { Gauge, type Registry } from "prom-client";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { LEG_STATES } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import type { Gateways } from "../../recording/gateway/gateways.ts";
import { legsAt } from "../../recording/gateway/legsAt.ts";
import type { Host } from "../../recording/host/host.ts";
import type { Recorders } from "../../recording/recorders/recorders.ts";
import type { Health } from "../health.ts";
import { LegResults } from "./legResults.ts";
import { LegWatch } from "./legWatch.ts";

export interface MetricSources {
  calls: CallBook;
  clock: Clock;
  recorders: Pick<Recorders, "running" | "containers" | "waiting" | "waitingToAssemble" | "limit">;
  /** @throws if the volume cannot be read. */
  freeBytes(): Promise<number>;
  minimumFreeBytes: number;
  host: Pick<Host, "availableBytes" | "cpuWaitMs" | "limits">;
  health(): Promise<Health>;
  gateways: Pick<Gateways, "present" | "at">;
}

const RUNNING_STATES = LEG_STATES.filter((state) => state !== "ready" && state !== "failed");

/** Registers what Prometheus reads about this process: names follow its conventions, values are in base units. */
export function measure(registry: Registry, sources: MetricSources): void {
  const results = new LegResults(registry);
  const watch = new LegWatch(sources.calls, sources.clock, (leg, atMs) => results.count(leg, atMs));
  const registers = [registry];
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
  gauge("call_recorder_recorder_containers", "Recorders that run according to the Docker engine.", [], (gauge) =>
    gauge.set(sources.recorders.containers),
  );
  gauge("call_recorder_recorders_waiting", "Recorders that wait until others have started.", [], (gauge) =>
    gauge.set(sources.recorders.waiting),
  );
  gauge(
    "call_recorder_assemblies_waiting",
    "Recorders that wait until the files of others are assembled.",
    [],
    (gauge) => gauge.set(sources.recorders.waitingToAssemble),
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
    const well = await Promise.all(present.map((address) => sources.gateways.at(address).isWell()));
    gauge.reset(); // removes gateways that no longer exist
    for (const [index, gateway] of present.entries()) gauge.set({ gateway }, well[index] ? 1 : 0);
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
