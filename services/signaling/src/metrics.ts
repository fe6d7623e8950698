import { processMetrics } from "@skyway-call-recorder/process/metrics.ts";
import { Counter, Gauge } from "prom-client";
import type { ErrorCode } from "./errors.ts";
import type { Worlds } from "./worlds.ts";

/** What Prometheus is told of this process: names by its own rules. */
export class Metrics {
  readonly registry = processMetrics();
  readonly #sockets = new Gauge({
    name: "signaling_sockets",
    help: "Open sockets, by the protocol that they speak.",
    labelNames: ["protocol"],
    registers: [this.registry],
  });
  readonly #refusals = new Counter({
    name: "signaling_refusals_total",
    help: "Errors that clients were told, by code.",
    labelNames: ["code"],
    registers: [this.registry],
  });
  readonly #messages = new Counter({
    name: "signaling_messages_total",
    help: "Messages from one peer to another.",
    registers: [this.registry],
  });

  constructor(worlds: Worlds) {
    new Gauge({
      name: "signaling_peers",
      help: "Peers that are connected.",
      registers: [this.registry],
      collect() {
        this.set(worlds.size);
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
