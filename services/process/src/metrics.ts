import { collectDefaultMetrics, Registry } from "prom-client";

/** Prometheus reads it inside the bundle only: the front door does not forward this path. */
export const METRICS_PATH = "/metrics";

/** What is used of Fastify's reply: docker-guard, which has no Fastify, uses this file too. */
interface Reply {
  type(contentType: string): { send(text: string): unknown };
}

/** @returns a registry with the metrics of every Node process: CPU time, memory, event loop, garbage collection. */
export function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** @returns Fastify's handler for `METRICS_PATH`, which replies with all metrics of the registry as text. */
export function metricsHandler(registry: Registry): (request: unknown, reply: Reply) => Promise<unknown> {
  return async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics());
}
