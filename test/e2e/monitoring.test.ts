import { readFile } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { composeOrThrow } from "../bundle/compose.ts";
import { metricNames, rise, scrape } from "../bundle/metrics.ts";
import { run, runOrThrow } from "../bundle/run.ts";
import { IMAGE_TAG, ORIGIN, PROJECT, RECORDER_PEER_ID, REPOSITORY } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { openTestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 3;
const BUILD_LIMIT_MS = 300_000;
const FIRST_SCRAPE_LIMIT_MS = 40_000;
const IMAGE = `skyway-call-recorder/prometheus:${IMAGE_TAG}`;
const MONITORING = ["--file", "compose/monitoring.yml"];

afterAll(async () => {
  await run("docker", ["rm", "--force", "--volumes", `${PROJECT}-prometheus-1`]);
  await run("docker", ["network", "rm", `${PROJECT}_monitoring`]);
  await run("docker", ["volume", "rm", `${PROJECT}_prometheus`, `${PROJECT}_grafana`]); // Compose creates both
});

test("a call increases the counters of every service that it uses, and no metrics are public", async () => {
  const look = async () => ({
    orchestrator: await scrape("orchestrator"),
    gateway: await scrape("skyway-webrtc-gateway"),
    guard: await scrape("docker-guard"),
  });
  const before = await look();
  await using testBrowser = await openTestBrowser("chromium");
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await page.talk(CALL_SECONDS * 1000);
  const during = { orchestrator: await scrape("orchestrator"), signaling: await scrape("signaling") };
  const endedAt = Date.now();
  await page.hangUp("close(true)");
  const { leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);
  const after = await look();

  expect(during.orchestrator.get('call_recorder_legs{state="recording"}')).toBe(1);
  expect(during.signaling.get("signaling_peers")).toBeGreaterThanOrEqual(2); // the page and the recorder's peer
  const orchestratorRise = (name: string) => rise(name, before.orchestrator, after.orchestrator);
  const gatewayRise = (name: string) => rise(name, before.gateway, after.gateway);
  // FORCE_CLOSE and the DTLS close take different paths; either may arrive first.
  expect(rise("call_recorder_recordings_total", before.orchestrator, after.orchestrator, 'result="ready"')).toBe(1);
  expect(orchestratorRise("call_recorder_recorder_start_seconds_count")).toBe(1);
  expect(orchestratorRise("call_recorder_answer_seconds_count")).toBe(1);
  expect(orchestratorRise("call_recorder_ready_seconds_count")).toBe(1);
  expect(orchestratorRise("call_recorder_recorded_bytes_total")).toBe(leg.file?.bytes);
  expect(after.orchestrator.get("call_recorder_storage_free_bytes")).toBeGreaterThan(0);
  expect(after.orchestrator.get('call_recorder_part_up{part="docker"}')).toBe(1);
  expect(gatewayRise("webrtc_gateway_packets_received_total")).toBeGreaterThan(50 * CALL_SECONDS);
  expect(gatewayRise("webrtc_gateway_packets_redirected_total")).toBeGreaterThan(50 * CALL_SECONDS);
  expect(gatewayRise("webrtc_gateway_redirected_bytes_total")).toBeGreaterThan(10_000);
  expect(gatewayRise("webrtc_gateway_calls_ended_total")).toBe(1);
  const created = 'route="POST /containers/create",status="201"';
  expect(rise("docker_guard_requests_total", before.guard, after.guard, created)).toBe(1);
  expect(rise("docker_guard_refusals_total", before.guard, after.guard)).toBe(0);
  expect((await fetch(`${ORIGIN}/metrics`)).status).toBe(404);
});

test("promtool accepts configuration and rules, and the alerts fire when they should", {
  timeout: BUILD_LIMIT_MS,
}, async () => {
  await runOrThrow("docker", ["build", "--tag", IMAGE, "compose/monitoring"], { limitMs: BUILD_LIMIT_MS });
  const promtool = (...args: string[]) =>
    runOrThrow("docker", [
      ...["run", "--rm", "--network", "none", "--workdir", "/etc/prometheus"],
      ...["--volume", `${REPOSITORY}/compose/monitoring/rules.test.yml:/etc/prometheus/rules.test.yml:ro`],
      ...[IMAGE, "promtool", ...args],
    ]);

  expect(await promtool("check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")).toContain("SUCCESS");
  expect(await promtool("check", "rules", "--lint=all", "--lint-fatal", "rules.yml")).toContain("SUCCESS");
  expect(await promtool("test", "rules", "rules.test.yml")).toContain("SUCCESS");
});

test("rules and dashboard use only metrics that a service exports", async () => {
  const services = ["orchestrator", "skyway-webrtc-gateway", "signaling", "docker-guard"] as const;
  const exported = new Set<string>();
  for (const service of services) for (const name of await metricNames(service)) exported.add(name);
  const texts = ["rules.yml", "grafana/dashboards/calls.json"].map((name) =>
    readFile(`${REPOSITORY}/compose/monitoring/${name}`, "utf8"),
  );
  const asked = (await Promise.all(texts))
    .join()
    .matchAll(/\b(call_recorder|webrtc_gateway|signaling|docker_guard)_[a-z_]+/g);

  expect([...new Set([...asked].map(([name]) => name))].filter((name) => !exported.has(name))).toEqual([]);
});

test("the Grafana provisioning files are well-formed", async () => {
  const folder = `${REPOSITORY}/compose/monitoring/grafana`;
  const yaml = async (name: string) => parse(await readFile(`${folder}/provisioning/${name}.yml`, "utf8"));
  const source = DataSources.parse(await yaml("datasources/prometheus")).datasources[0];
  const provider = Providers.parse(await yaml("dashboards/calls")).providers[0];
  const dashboard = Dashboard.parse(JSON.parse(await readFile(`${folder}/dashboards/calls.json`, "utf8")));

  const used = dashboard.panels.flatMap(({ targets }) => targets.map(({ datasource }) => datasource.uid));
  expect(new Set(used)).toEqual(new Set([source?.uid]));
  expect(provider?.options.path).toBe("/etc/grafana/dashboards");
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
});

test("Prometheus reaches every service inside the bundle", { timeout: BUILD_LIMIT_MS }, async () => {
  const up = ["up", "--detach", "--no-deps", "--build", "prometheus"];
  await composeOrThrow([...MONITORING, ...up], { limitMs: BUILD_LIMIT_MS, env: { PROMETHEUS_PORT: "0" } });

  const seen = await waitFor("all targets were scraped", FIRST_SCRAPE_LIMIT_MS, async () => {
    const { stdout } = await run("docker", [
      ...["exec", `${PROJECT}-prometheus-1`, "promtool", "query", "instant"],
      ...["--format=json", "http://localhost:9090", "up"],
    ]);
    const jobs = Answer.safeParse(safeJson(stdout)).data?.map(({ metric, value }) => `${metric.job} ${value[1]}`);
    return jobs?.length === 4 && jobs.every((job) => job.endsWith(" 1")) ? jobs.sort() : undefined;
  });

  expect(seen).toEqual(["docker-guard 1", "orchestrator 1", "signaling 1", "skyway-webrtc-gateway 1"]);
});

const DataSources = z.object({
  apiVersion: z.literal(1),
  datasources: z.array(z.object({ uid: z.string(), type: z.literal("prometheus"), url: z.url() })).length(1),
});
const Providers = z.object({
  apiVersion: z.literal(1),
  providers: z.array(z.object({ type: z.literal("file"), options: z.object({ path: z.string() }) })).length(1),
});
const Query = z.object({ refId: z.string(), expr: z.string().min(1), datasource: z.object({ uid: z.string() }) });
const Dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.int(),
  panels: z.array(z.object({ id: z.int(), type: z.enum(["stat", "timeseries"]), targets: z.array(Query).min(1) })),
});
const Answer = z.array(z.object({ metric: z.object({ job: z.string() }), value: z.tuple([z.number(), z.string()]) }));

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
