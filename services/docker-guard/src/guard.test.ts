import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { pino } from "pino";
import { Agent, request } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "./engine.ts";
import { createGuard } from "./guard.ts";
import { Metrics } from "./metrics.ts";
import { OpenRequests } from "./openRequests.ts";
import { Ownership } from "./ownership.ts";

const PROJECT = "bundle";
const OURS = { "io.skyway-call-recorder.project": PROJECT };
const MIB = 1024 * 1024;

/** A real engine socket that never ends a wait, and lists the containers that were created. */
let engineServer: Server;
let guard: Server;
let client: Agent;
let folder: string;
let openRequests: OpenRequests;
let created: string[];
let waiting: Set<ServerResponse>;
let engine: Engine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "docker-guard-"));
  created = [];
  waiting = new Set();
  engineServer = createServer((asked, response) => {
    const path = asked.url?.split("?")[0] ?? "";
    const answer = (body: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(body));
    asked.resume();
    if (path.endsWith("/wait")) {
      response.writeHead(200).flushHeaders();
      waiting.add(response);
      response.once("close", () => waiting.delete(response));
    } else if (path.endsWith("/create")) {
      created.push(path);
      answer({ Id: `c${created.length}` }, 201);
    } else if (path === "/containers/json") {
      const isOrchestrator = asked.url?.includes("com.docker.compose.service") ?? false;
      answer(isOrchestrator ? [{ Id: "orchestrator" }] : created.map((_, index) => ({ Id: `c${index}` })));
    } else if (path.startsWith("/containers/")) {
      const mount = { Type: "volume", Name: "recordings", Source: "/x", Destination: "/recordings" };
      answer({ Id: path.split("/")[2], Config: { Labels: OURS }, Mounts: [mount] });
    } else answer({ Id: path.includes("transcoder") ? "sha256:2" : "sha256:1" });
  }).listen(join(folder, "docker.sock"));
  await once(engineServer, "listening");
  engine = new Engine(join(folder, "docker.sock"));
  openRequests = new OpenRequests();
  const names = {
    project: PROJECT,
    recorderImage: "recorder",
    transcoderImage: "transcoder",
    recorderNetwork: "recorders",
  };
  const ownership = new Ownership(engine, { ...names, maxConcurrentRecorders: 1 });
  openRequests.limit = (await ownership.capacity()).openRequests;
  guard = createGuard(engine, ownership, openRequests, new Metrics(), pino({ level: "silent" }));
  guard.listen(0, "127.0.0.1");
  await once(guard, "listening");
  client = new Agent();
});
afterEach(async () => {
  await client.destroy();
  guard.closeAllConnections();
  guard.close();
  await engine.close();
  engineServer.closeAllConnections();
  engineServer.close();
  await rm(folder, { recursive: true });
});

function ask(method: "GET" | "POST", path: string, body?: unknown) {
  const { port } = guard.address() as AddressInfo;
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  return request(`http://127.0.0.1:${port}${path}`, { method, dispatcher: client, headersTimeout: 60_000, ...text });
}

const recorder = (id: string) => ({
  Image: "sha256:1",
  Cmd: ["record", id, "audio=djA="],
  User: "10001:10001",
  Labels: { ...OURS, "io.skyway-call-recorder.role": "recorder", "io.skyway-call-recorder.recorder-id": id },
  HostConfig: {
    ...{ Init: true, CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges"], ReadonlyRootfs: true },
    ...{ NetworkMode: "recorders", Memory: 256 * MIB, MemorySwap: 256 * MIB, NanoCpus: 1e9, PidsLimit: 64 },
    Tmpfs: { "/tmp": "size=16m" },
    Mounts: [{ Type: "volume", Source: "recordings", Target: "/recordings" }],
    LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
  },
});

test("hundreds of open waits keep no other request from the engine, and those beyond the limit are refused", async () => {
  openRequests.limit = 300;
  const waits = Array.from({ length: 300 }, () => ask("POST", "/containers/c1/wait"));
  await waitFor("all wait", () => waiting.size === 300);
  expect((await ask("GET", "/_ping")).statusCode).toBe(200);
  expect((await ask("GET", "/containers/c1/json")).statusCode).toBe(200);
  const refused = await ask("POST", "/containers/c1/wait");
  expect(refused.statusCode).toBe(503);
  expect(await refused.body.text()).toContain("300 requests");
  for (const response of waiting) response.end('{"StatusCode":0}');
  for (const wait of waits) await (await wait).body.dump();
  await waitFor("none is counted any more", () => openRequests.count === 0);
  void ask("POST", "/containers/c1/wait").catch(() => undefined);
  await waitFor("another one waits", () => waiting.size === 1);
});

test("a wait whose client is gone is counted no more", async () => {
  const wait = ask("POST", "/containers/c1/wait");
  await waitFor("it waits", () => waiting.size === 1);
  const { body } = await wait;
  body.on("error", () => undefined).destroy();
  await waitFor("it is not counted", () => openRequests.count === 0 && waiting.size === 0);
});

test("no more containers are created than the configuration needs, however many are asked for at once", async () => {
  const limit = 42; // of one recorder
  const asked = Array.from({ length: 60 }, (_, index) => {
    const id = `leg_${index}-p1`;
    return ask("POST", `/containers/create?name=${PROJECT}-recorder-${id}`, recorder(id));
  });
  const statuses = (await Promise.all(asked)).map(({ statusCode }) => statusCode);
  expect(new Set(statuses)).toEqual(new Set([201, 429]));
  expect(created.length).toBeLessThanOrEqual(limit);
  for (let n = 0; n < 60; n += 1) {
    const id = `leg_${n}-p2`;
    await ask("POST", `/containers/create?name=${PROJECT}-recorder-${id}`, recorder(id));
  }
  expect(created.length).toBe(limit);
});

test.each(["signaling", `${PROJECT}-web-2`, `${PROJECT}-recorder-leg_2-p1`, ""])(
  "a recorder cannot be named %j",
  async (name) => {
    const answer = await ask("POST", `/containers/create${name && `?name=${name}`}`, recorder("leg_1-p1"));
    expect(answer.statusCode).toBe(403);
    expect(await answer.body.text()).toContain("is not the name of this container");
    expect(created).toEqual([]);
  },
);
