import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "./engine.ts";
import { engineUnreachable, PING_INTERVAL_MS, UNREACHABLE_AFTER_MS } from "./engineWatch.ts";

let folder: string;
let socket: string;
let servers: Server[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "docker-guard-"));
  socket = join(folder, "docker.sock");
  servers = [];
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

async function start(): Promise<void> {
  const server = createServer((_, response) => response.end("OK")).listen(socket);
  await once(server, "listening");
  servers.push(server);
}

async function stop(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}

test("an engine counts as unreachable only if it stays silent for the whole limit", async () => {
  await start();
  const engine = new Engine(socket);
  const clock = new ManualClock();
  let isUnreachable = false;
  const unreachable = engineUnreachable(() => engine.ping(), clock).then(() => {
    isUnreachable = true;
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms && !isUnreachable; passed += PING_INTERVAL_MS) {
      await waitFor("the next ping is due later", () => clock.pending > 0);
      clock.advance(PING_INTERVAL_MS);
      await waitFor("the engine was asked", () => clock.pending > 0 || isUnreachable);
    }
  };
  await stop();
  await pass(UNREACHABLE_AFTER_MS - PING_INTERVAL_MS);
  await start();
  await pass(2 * UNREACHABLE_AFTER_MS);
  expect(isUnreachable).toBe(false);
  await stop();
  await pass(UNREACHABLE_AFTER_MS);
  await unreachable;
  await engine.close();
});

test("an engine that takes requests and does not answer is unreachable", async () => {
  const server = createServer(() => undefined).listen(socket);
  await once(server, "listening");
  servers.push(server);
  const engine = new Engine(socket);
  await expect(engine.ping()).rejects.toThrow("no Docker engine answers");
  await engine.close().catch(() => undefined);
});
