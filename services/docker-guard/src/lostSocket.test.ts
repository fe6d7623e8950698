import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "./engine.ts";
import { socketLost } from "./lostSocket.ts";

const TIMES = { intervalMs: 10, lostAfterMs: 200 };

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

test("an engine that answers again in time is not lost, one that does not is", async () => {
  await start();
  const engine = new Engine(socket);
  let isLost = false;
  const lost = socketLost(() => engine.ping(), TIMES).then(() => {
    isLost = true;
  });
  await stop();
  await new Promise((resolve) => setTimeout(resolve, TIMES.lostAfterMs / 4));
  await start();
  await new Promise((resolve) => setTimeout(resolve, 2 * TIMES.lostAfterMs));
  expect(isLost).toBe(false);
  await stop();
  await lost;
  await engine.close();
});
