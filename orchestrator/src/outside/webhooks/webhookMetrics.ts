import { Counter, Gauge, type Registry } from "prom-client";
import type { Delivery } from "./record.ts";

/** Prometheus metrics of webhooks. */
export class WebhookMetrics {
  readonly #registry: Registry;
  readonly #attempts: Counter<"event" | "outcome">;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#attempts = new Counter({
      name: "call_recorder_webhook_attempts_total",
      help: "Attempts to deliver a message, by event and by outcome: delivered, waiting (for the next attempt), failed (permanently), dropped.",
      labelNames: ["event", "outcome"],
      registers: [registry],
    });
    this.#attempts.inc({ event: "call.ready", outcome: "delivered" }, 0);
  }

  attempted(event: string, outcome: Delivery["state"]): void {
    this.#attempts.inc({ event, outcome });
  }

  watch(endpoints: () => { name: string; waiting: number; state: string }[]): void {
    new Gauge({
      name: "call_recorder_webhook_messages_waiting",
      help: "Messages that wait for delivery to a receiver.",
      labelNames: ["webhook"],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { name, waiting } of endpoints()) this.set({ webhook: name }, waiting);
      },
    });
    new Gauge({
      name: "call_recorder_webhook_disabled",
      help: "Whether a receiver is disabled because it answered 410.",
      labelNames: ["webhook"],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { name, state } of endpoints()) this.set({ webhook: name }, state === "disabled" ? 1 : 0);
      },
    });
  }
}
