import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compose, composeOrThrow } from "../bundle/compose.ts";
import { runOrThrow } from "../bundle/run.ts";
import { MEDIA_PORT, PROJECT, REPOSITORY } from "../bundle/settings.ts";

const BUILD_LIMIT_MS = 300_000;
const GATEWAY = `${PROJECT}-official-skyway-webrtc-gateway-1`;
const FAKE_GATEWAY = join(REPOSITORY, "test/reference/fakeGateway.pl");
const OVERLAY = ["--file", "compose/official-gateway.yml"];
const START = ["up", "--detach", "--no-deps", "--no-build", "--wait", "--wait-timeout", "60", "skyway-webrtc-gateway"];

/** A separate project, so that the test bundle's gateway is not replaced. */
const withProgram = (path: string | undefined, more: Record<string, string> = {}) => ({
  env: {
    ...{ COMPOSE_PROJECT_NAME: `${PROJECT}-official`, MEDIA_PORT: String(MEDIA_PORT + 501) },
    ...(path !== undefined && { OFFICIAL_GATEWAY: path }),
    ...more,
  },
  limitMs: BUILD_LIMIT_MS,
});

beforeAll(async () => {
  await composeOrThrow([...OVERLAY, "build", "skyway-webrtc-gateway"], withProgram(FAKE_GATEWAY));
}, BUILD_LIMIT_MS);
afterAll(async () => {
  await composeOrThrow([...OVERLAY, "down", "--volumes"], withProgram(FAKE_GATEWAY));
});

test("the user's program runs beside its configuration, and is healthy when it answers", async () => {
  await composeOrThrow([...OVERLAY, ...START], withProgram(FAKE_GATEWAY, { LOG_LEVEL: "warn" }));
  const ask = "exec 3<>/dev/tcp/127.0.0.1/8000; printf 'GET /peers HTTP/1.0\\r\\n\\r\\n' >&3; tail -1 <&3";
  const answer = await runOrThrow("docker", ["exec", GATEWAY, "bash", "-c", ask]);
  expect(JSON.parse(answer)).toEqual({ folder: "/run/gateway", log_level: "warn", uid: 1000 });
});

test("without the program, a message names what is missing and where to get it", async () => {
  const without = await compose([...OVERLAY, "config"], withProgram(undefined));
  expect(without.code).not.toBe(0);
  expect(without.stderr).toContain("OFFICIAL_GATEWAY is missing a value: must be the path of gateway_linux_x64");

  const runOnce = ["run", "--rm", "--no-deps", "skyway-webrtc-gateway"];
  const nowhere = await compose([...OVERLAY, ...runOnce], withProgram("/nowhere/gateway_linux_x64"));
  expect(nowhere.code).not.toBe(0);
  expect(nowhere.stderr).toContain("bind source path does not exist: /nowhere/gateway_linux_x64");

  const folder = await mkdtemp(join(tmpdir(), "gateway-"));
  const inPlace = await compose([...OVERLAY, ...runOnce], withProgram(folder));
  await rm(folder, { recursive: true });
  expect(inPlace.code).not.toBe(0);
  expect(inPlace.stdout + inPlace.stderr).toContain("OFFICIAL_GATEWAY is not a file");
});
