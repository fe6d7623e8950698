import { createServer, type Server } from "node:http";
import { processMetrics } from "@skyway-call-recorder/process/metrics.ts";
import { Counter, Gauge, Histogram } from "prom-client";
import { REFUSAL_CODES, type RefusalCode } from "./errors.ts";
import type { OpenRequests } from "./openRequests.ts";

/** Most requests take milliseconds. Starting a container takes several hundred. */
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Prometheus metrics of this process, with names and base units according to its conventions. */
export class Metrics {
  readonly registry = processMetrics();
  readonly #requests = new Counter({
    name: "docker_guard_requests_total",
    help: "Requests forwarded to the engine, by route and response status.",
    labelNames: ["route", "status"],
    registers: [this.registry],
  });
  readonly #refusals = new Counter({
    name: "docker_guard_refusals_total",
    help: "Refused requests, by code.",
    labelNames: ["code"],
    registers: [this.registry],
  });
  readonly #failures = new Counter({
    name: "docker_guard_engine_failures_total",
    help: "Requests that the engine did not answer.",
    registers: [this.registry],
  });
  readonly #answer = new Histogram({
    name: "docker_guard_engine_answer_seconds",
    help: "Time from a request to the start of the engine's response.",
    labelNames: ["route"],
    buckets: BUCKETS_SECONDS,
    registers: [this.registry],
  });

  /** @param open requests that wait for a container, and their limit. */
  constructor(open: Pick<OpenRequests, "count" | "limit"> = { count: 0, limit: 0 }) {
    const registers = [this.registry];
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({ name, help, registers, collect: collecting(value) });
    gauge("docker_guard_open_requests", "Requests that wait for a container or follow its log.", () => open.count);
    gauge("docker_guard_open_requests_limit", "Maximum number of such requests.", () => open.limit);
    // Start every counter at 0: alert rules cannot compare with a missing series.
    for (const code of REFUSAL_CODES) this.#refusals.inc({ code }, 0);
  }

  /** @param route the name from the route table, never the client's path. */
  answered(route: string, status: number, seconds: number): void {
    this.#requests.inc({ route, status: String(status) });
    this.#answer.observe({ route }, seconds);
  }

  refused(code: RefusalCode): void {
    this.#refusals.inc({ code });
  }

  failed(): void {
    this.#failures.inc();
  }

  /** Serves the metrics on a separate port, because the guarded API has no other paths. */
  server(): Server {
    return createServer(async (request, response) => {
      const isMetrics = request.method === "GET" && request.url === "/metrics";
      response.writeHead(isMetrics ? 200 : 404, {
        "content-type": isMetrics ? this.registry.contentType : "text/plain",
      });
      response.end(isMetrics ? await this.registry.metrics() : "");
    });
  }
}

/** prom-client calls it with the metric as `this`. */
function collecting(value: () => number): (this: Gauge) => void {
  return function (this: Gauge) {
    this.set(value());
  };
}
