import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "./engine.ts";
import { engineUnreachable } from "./engineWatch.ts";

const TIMES = { intervalMs: 10, unreachableAfterMs: 200 };

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
  let isUnreachable = false;
  const unreachable = engineUnreachable(() => engine.ping(), TIMES).then(() => {
    isUnreachable = true;
  });
  await stop();
  await new Promise((resolve) => setTimeout(resolve, TIMES.unreachableAfterMs / 4));
  await start();
  await new Promise((resolve) => setTimeout(resolve, 2 * TIMES.unreachableAfterMs));
  expect(isUnreachable).toBe(false);
  await stop();
  await unreachable;
  await engine.close();
});
