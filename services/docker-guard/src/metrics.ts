import { createServer, type Server } from "node:http";
import { processMetrics } from "@skyway-call-recorder/process/metrics.ts";
import { Counter, Histogram } from "prom-client";
import { REFUSAL_CODES, type RefusalCode } from "./errors.ts";

/** Most of what is asked takes milliseconds; starting a container takes some hundreds. */
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What Prometheus is told of this process: names by its own rules, in base units. */
export class Metrics {
  readonly registry = processMetrics();
  readonly #requests = new Counter({
    name: "docker_guard_requests_total",
    help: "Requests that went on to the engine, by route and the status of its answer.",
    labelNames: ["route", "status"],
    registers: [this.registry],
  });
  readonly #refusals = new Counter({
    name: "docker_guard_refusals_total",
    help: "Requests that were refused, by code.",
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
    help: "From a request until the engine began to answer.",
    labelNames: ["route"],
    buckets: BUCKETS_SECONDS,
    registers: [this.registry],
  });

  constructor() {
    // Those that nothing has counted yet are known all the same: an alert compares with zero, not with nothing.
    for (const code of REFUSAL_CODES) this.#refusals.inc({ code }, 0);
  }

  /** @param route as the table of routes has it: never what a client wrote. */
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

  /** Serves them on a port of their own: what speaks the engine's API has no other paths. */
  server(): Server {
    return createServer(async (request, response) => {
      const isAsked = request.method === "GET" && request.url === "/metrics";
      response.writeHead(isAsked ? 200 : 404, { "content-type": isAsked ? this.registry.contentType : "text/plain" });
      response.end(isAsked ? await this.registry.metrics() : "");
    });
  }
}
