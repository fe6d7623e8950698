import { processMetrics } from "@skyway-call-recorder/process/metrics.ts";
import { Counter, Gauge } from "prom-client";
import type { ErrorCode } from "./errors.ts";
import type { Tenants } from "./tenants.ts";

/** Prometheus metrics of this process, with names according to its conventions. */
export class Metrics {
  readonly registry = processMetrics();
  readonly #sockets = new Gauge({
    name: "signaling_sockets",
    help: "Open sockets, by protocol.",
    labelNames: ["protocol"],
    registers: [this.registry],
  });
  readonly #refusals = new Counter({
    name: "signaling_refusals_total",
    help: "Errors sent to clients, by code.",
    labelNames: ["code"],
    registers: [this.registry],
  });
  readonly #messages = new Counter({
    name: "signaling_messages_total",
    help: "Messages relayed from one peer to another.",
    registers: [this.registry],
  });

  constructor(tenants: Tenants) {
    new Gauge({
      name: "signaling_peers",
      help: "Connected peers.",
      registers: [this.registry],
      collect() {
        this.set(tenants.size);
      },
    });
  }

  opened(protocol: string): void {
    this.#sockets.inc({ protocol });
  }

  closed(protocol: string): void {
    this.#sockets.dec({ protocol });
  }

  passed(): void {
    this.#messages.inc();
  }

  refused(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }
}
