import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { compose } from "../bundle/compose.ts";
import { type Finished, run } from "../bundle/run.ts";
import { PROJECT } from "../bundle/settings.ts";
import { expectAllHealthy, untilAllHealthy } from "./expectations.ts";

/** Stops a service that starts although it must refuse its configuration. */
const REFUSAL_LIMIT_MS = 20_000;

beforeAll(untilAllHealthy);
/** The test bundle keeps running beside the misconfigured service. */
afterEach(expectAllHealthy);

describe("an invalid configuration is refused with one message that names the setting", () => {
  test.each([
    ["maxConcurrentRecorders: many", "maxConcurrentRecorders"],
    ["peers:\n  - TestRecorder\n  - {id: 5}", "peers"],
    ["recoders: 3", "recoders"],
    ["peers: [TestRecorder", "config.yaml"],
  ])("%j", async (yaml, place) => {
    const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
    try {
      const file = join(folder, "config.yaml");
      await writeFile(file, `${yaml}\n`);
      expectRefusal(await once("orchestrator", { CONFIG_FILE: file }), place);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each([
    ["orchestrator", "MAX_CONCURRENT_RECORDERS", "-3"],
    ["orchestrator", "LOG_LEVEL", "loud"],
    ["orchestrator", "RECORDER_PEER_ID", "../evil"],
    ["signaling", "SKYWAY_API_KEY", "SKYWAY API KEY"],
    ["skyway-webrtc-gateway", "ANNOUNCED_IP", "my-host"],
    ["docker-guard", "LOG_LEVEL", "loud"],
  ])("%s with %s=%s", async (service, variable, value) => {
    expectRefusal(await once(service, { [variable]: value }), variable);
  });
});

test("the default API key is refused on anything but loopback", async () => {
  expectRefusal(await once("signaling", { BIND_ADDRESS: "0.0.0.0" }), "SKYWAY_API_KEY");
});

test("an API without a token is refused on anything but loopback", async () => {
  const finished = await once("orchestrator", { BIND_ADDRESS: "0.0.0.0" });
  expectRefusal(finished, "API_TOKEN");
  expectRefusal(finished, ".env");
});

test("a missing Docker socket is reported in one message", async () => {
  const image = "skyway-call-recorder/docker-guard";
  const settings = ["COMPOSE_PROJECT_NAME=x", "RECORDER_IMAGE=x", "TRANSCODER_IMAGE=x", "RECORDER_NETWORK=x"].flatMap(
    (one) => ["--env", one],
  );
  const finished = await removedAfterwards((name) =>
    run("docker", ["run", ...name, ...settings, image], { limitMs: REFUSAL_LIMIT_MS }),
  );
  expectRefusal(finished, "/var/run/docker.sock");
});

test("an engine that does not answer is reported in one message", async () => {
  expectRefusal(await once("orchestrator", {}, ["--env", "DOCKER_HOST=tcp://127.0.0.1:9"]), "Docker");
});

test("scripts/up reports a port that is in use, with the variable to change", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => squatter.once("listening", resolve));
  const port = String((squatter.address() as AddressInfo).port);
  const project = "skyway-call-recorder-test-port";
  const env = { COMPOSE_PROJECT_NAME: project, HTTP_PORT: port, MEDIA_PORT: "41002" };
  try {
    const finished = await run("./scripts/up", [], { env, limitMs: 120_000 });
    expect(finished.code).not.toBe(0);
    expect(said(finished)).toContain(port);
    expect(said(finished)).toContain("HTTP_PORT");
  } finally {
    squatter.close();
    await run("docker", ["compose", "-p", project, "down", "--volumes", "--timeout", "5"], { env });
  }
});

/** Starts a second instance of one service with other settings, next to the running one. */
function once(service: string, env: Record<string, string>, options: string[] = []): Promise<Finished> {
  return removedAfterwards((name) =>
    compose(["run", ...name, "--no-deps", "-T", ...options, service], { env, limitMs: REFUSAL_LIMIT_MS }),
  );
}

/** Removes a container that did not refuse and still runs after its client was killed. */
async function removedAfterwards(start: (name: string[]) => Promise<Finished>): Promise<Finished> {
  const name = `${PROJECT}-mistaken`;
  try {
    return await start(["--name", name]);
  } finally {
    await run("docker", ["rm", "--force", "--volumes", name]);
  }
}

function expectRefusal(finished: Finished, place: string): void {
  expect(finished.code, `it did not exit: ${said(finished)}`).not.toBeNull();
  expect(finished.code, said(finished)).not.toBe(0);
  expect(said(finished)).toContain(place);
  // One clear message instead of a stack trace.
  expect(said(finished)).not.toMatch(/^\s+at .*:\d+:\d+/m);
}

const said = ({ stdout, stderr }: Finished) => `${stdout}${stderr}`;
