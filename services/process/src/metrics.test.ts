import { Gauge } from "prom-client";
import { expect, test } from "vitest";
import { metricsHandler, processMetrics } from "./metrics.ts";

test("the metrics of the process and of the service are the reply, as text", async () => {
  const registry = processMetrics();
  new Gauge({ name: "calls", help: "Calls.", registers: [registry] }).set(3);
  const sent = { type: "", lines: [] as string[] };

  await metricsHandler(registry)(undefined, {
    type: (type) => ({ send: (text) => Object.assign(sent, { type, lines: text.split("\n") }) }),
  });

  expect(sent.type).toContain("text/plain; version=0.0.4");
  expect(sent.lines).toContain("calls 3");
  for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "nodejs_eventloop_lag_seconds"]) {
    expect(sent.lines).toContainEqual(expect.stringMatching(new RegExp(`^${name} [0-9.]+`)));
  }
});
