import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Metrics } from "./metrics.ts";

test("the metrics port reports forwarded, refused and failed requests, and serves nothing else", async () => {
  const metrics = new Metrics();
  metrics.answered("POST /containers/create", 201, 0.3);
  metrics.refused("NOT_OURS");
  metrics.failed();
  const server = metrics.server().listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const text = await (await fetch(`${origin}/metrics`)).text();
  const other = await fetch(`${origin}/v1.41/containers/json`);
  const posted = await fetch(`${origin}/metrics`, { method: "POST" });
  server.close();

  const lines = text.split("\n");
  expect(lines).toContain('docker_guard_requests_total{route="POST /containers/create",status="201"} 1');
  expect(lines).toContain('docker_guard_refusals_total{code="NOT_OURS"} 1');
  expect(lines).toContain('docker_guard_refusals_total{code="SHAPE_NOT_ALLOWED"} 0');
  expect(lines).toContain("docker_guard_engine_failures_total 1");
  expect(lines).toContain('docker_guard_engine_answer_seconds_count{route="POST /containers/create"} 1');
  expect([other.status, posted.status]).toEqual([404, 404]);
});
