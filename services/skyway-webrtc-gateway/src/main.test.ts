import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freeUdpPort } from "./testing/udpReceiver.ts";

const MAIN = join(import.meta.dirname, "main.ts");

let folder: string;
let mediaPort: number;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gateway-"));
  mediaPort = await freeUdpPort();
});

afterEach(async () => {
  for (const child of running) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** Starts the gateway like its image does. */
function start(environment: Record<string, string> = {}) {
  const settings = { MEDIA_PORT: String(mediaPort), MEDIA_BIND_ADDRESS: "127.0.0.1", LOG_LEVEL: "info" };
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...settings, ...environment },
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const exited = once(child, "exit").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, exited, output: () => output };
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

test("the gateway listens on the port from config.toml, and exits on SIGTERM", async () => {
  const port = await freeTcpPort();
  await writeFile(join(folder, "config.toml"), `[general]\napi_port = ${port}\nlog_level = "error"\n`);
  const { child, exited, output } = start();
  const health = () =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ status }) => status === 200,
      () => false,
    );
  await waitFor(`health; its output: ${output()}`, health, 15_000);
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
});

test("a port in use is reported in one clear message", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as { port: number };
  await writeFile(join(folder, "config.toml"), `[general]\napi_port = ${port}\n`);
  const { exited, output } = start();
  expect(await exited).toBe(1);
  expect(output()).toContain(String(port));
  expect(output()).toContain("api_port");
  expect(output()).not.toMatch(/^\s+at /m);
  squatter.close();
});

test.each([
  ["ANNOUNCED_IP", { ANNOUNCED_IP: "my-host" }],
  ["MEDIA_PORT", { MEDIA_PORT: "0" }],
])("an invalid %s is reported in one clear message", async (name, environment) => {
  const { exited, output } = start(environment);
  expect(await exited).toBe(1);
  expect(output()).toContain(name);
  expect(output()).not.toMatch(/^\s+at /m);
});
