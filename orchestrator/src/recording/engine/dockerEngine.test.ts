import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { BREAKS, type Break, type EngineAnswer, EngineServer } from "../../testing/engineServer.ts";
import { DockerEngine, dockerAt } from "./dockerEngine.ts";

const ID = "c1";
const LIMITS = { answerMs: 300, changeMs: 300, waitMs: 300, silentLogMs: 300 };
/** Well above the limits, well below what a person notices. */
const SOON_MS = 5_000;

const engineAt = (server: EngineServer) => new DockerEngine("test", dockerAt(server.address), LIMITS);

const inspected = (running: boolean, exitCode = 0): EngineAnswer => ({
  body: JSON.stringify({
    ...{ Id: ID, Name: `/${ID}`, Config: { Labels: {} }, State: { Running: running, ExitCode: exitCode } },
    ...{ NetworkSettings: { Networks: {} }, Mounts: [] },
  }),
});
const STARTED_MS = Date.parse("2026-01-01");
/** A followed log: one frame for each line, a second apart. */
const log = (...lines: string[]): EngineAnswer => {
  const frames = lines.map((line, second) => {
    const at = new Date(STARTED_MS + second * 1000).toISOString().replace("Z", "000000Z");
    const text = Buffer.from(`${at} ${line}\n`);
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]);
    return Buffer.concat([header, text]);
  });
  return { body: Buffer.concat(frames), isOpen: true };
};
async function linesOf(engine: DockerEngine, signal = new AbortController().signal): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of engine.lines(ID, signal)) lines.push(line);
  return lines;
}

async function soon<Result>(waiting: Promise<Result>): Promise<Result> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new Error(`still pending after ${SOON_MS} ms`)), SOON_MS);
  return Promise.race([waiting, timer.promise]).finally(() => clearTimeout(timeout));
}

describe.each(BREAKS)("if the engine's answer breaks (%s)", (how: Break) => {
  test("the wait for a container's end still ends with its exit code", async () => {
    await using server = await EngineServer.listen();
    let waits = 0;
    server.onRequest = (route) => {
      if (route === `GET /containers/${ID}/json`) return inspected(waits < 2, 137);
      if (route !== `POST /containers/${ID}/wait`) return undefined;
      waits += 1;
      return { body: '{"StatusCode":137}', break: how };
    };
    expect(await soon(engineAt(server).exited(ID))).toBe(137);
    expect(waits).toBe(2);
  });

  test("and that of inspect too, a container's end is found as soon as the engine answers", async () => {
    await using server = await EngineServer.listen();
    let asked = 0;
    server.onRequest = (route) => {
      if (route === `POST /containers/${ID}/wait`) return { body: '{"StatusCode":0}', break: how };
      asked += 1;
      return asked < 2 ? { ...inspected(true), break: how } : inspected(false, 0);
    };
    expect(await soon(engineAt(server).exited(ID))).toBe(0);
  });

  test("a question fails as DOCKER_UNREACHABLE", async () => {
    await using server = await EngineServer.listen();
    server.onRequest = () => ({ ...inspected(true), break: how });
    const engine = engineAt(server);
    for (const asking of [
      engine.inspect(ID),
      engine.list("recorder"),
      engine.running("recorder"),
      engine.gateways(),
      engine.output(ID),
      engine.kill(ID, "SIGTERM"),
      engine.remove(ID),
      engine.require("image", "network"),
    ]) {
      await expect(soon<unknown>(asking)).rejects.toMatchObject({ code: "DOCKER_UNREACHABLE" });
    }
  });

  test("a container that may have been created is reported as not started, and its start as well", async () => {
    await using server = await EngineServer.listen();
    server.onRequest = (route) => {
      if (route.startsWith("GET /images/")) return { body: '{"Id":"sha256:1"}' };
      if (route === "POST /containers/create") return { body: JSON.stringify({ Id: ID }) };
      return { body: "{}", break: how };
    };
    const spec = {
      ...{ name: "r", image: "image", command: [], labels: {}, network: undefined },
      ...{ recordings: { type: "volume" as const, source: "r" }, memoryBytes: 1, nanoCpus: 1 },
    };
    await expect(soon(engineAt(server).start(spec))).rejects.toMatchObject({ code: "DOCKER_UNREACHABLE" });
    expect(server.count(`DELETE /containers/${ID}`)).toBe(1);
  });

  test("a log is opened again, until the container has ended, and each line is read once", async () => {
    await using server = await EngineServer.listen();
    let opened = 0;
    server.onRequest = (route) => {
      if (!route.endsWith("/logs")) return inspected(opened < 3);
      opened += 1;
      return opened < 3 ? { ...log("one", "two", "three", "four"), break: how } : log("one", "two", "three", "four");
    };
    expect(await soon(linesOf(engineAt(server)))).toEqual(["one", "two", "three", "four"]);
  });
});

test("a log that breaks again and again is opened a few times only", async () => {
  await using server = await EngineServer.listen();
  server.onRequest = (route) => (route.endsWith("/logs") ? { ...log("one"), break: "cut in body" } : inspected(true));
  // A log that was open for half of this time is opened again soon.
  const engine = new DockerEngine("test", dockerAt(server.address), { silentLogMs: 60_000 });
  expect(await linesOf(engine, AbortSignal.timeout(3_000))).toEqual([]);
  expect(server.count(`GET /containers/${ID}/logs`)).toBeLessThan(8);
});

test("a log that is silent is opened again, after the newest line", async () => {
  await using server = await EngineServer.listen();
  let opened = 0;
  server.onRequest = (route) => {
    if (!route.endsWith("/logs")) return inspected(opened < 2);
    opened += 1;
    return log(...["one", "two", "three"].slice(0, opened + 1));
  };
  expect(await soon(linesOf(engineAt(server)))).toEqual(["one", "two", "three"]);
});

test("the lines of a log end when the signal aborts", async () => {
  await using server = await EngineServer.listen();
  server.onRequest = () => log("one");
  const over = new AbortController();
  const engine = new DockerEngine("test", dockerAt(server.address), { silentLogMs: 60_000 });
  for await (const _ of engine.lines(ID, over.signal)) over.abort();
});

test("a wait ends with the signal's reason", async () => {
  await using server = await EngineServer.listen();
  server.onRequest = (route) => (route.endsWith("/wait") ? { isOpen: true } : inspected(true));
  const over = new AbortController();
  const waiting = engineAt(server).exited(ID, over.signal);
  setTimeout(() => over.abort("cancelled"), 50);
  await expect(soon(waiting)).rejects.toBe("cancelled");
});

test("the engine's words and statuses are those of its answer", async () => {
  await using server = await EngineServer.listen();
  server.onRequest = () => ({ status: 403, body: JSON.stringify({ message: "docker-guard: not ours" }) });
  await expect(engineAt(server).inspect(ID)).rejects.toMatchObject({
    code: "DOCKER_FORBIDDEN",
    message: expect.stringContaining("docker-guard: not ours"),
  });
  server.onRequest = () => ({ status: 404, body: "{}" });
  expect(await engineAt(server).inspect(ID)).toBeUndefined();
});

test("docker-modem, which describes the options of every request, does not describe all open connections", async () => {
  await using server = await EngineServer.listen();
  server.onRequest = () => log("one");
  const docker = dockerAt(server.address);
  const over = new AbortController();
  const following = Array.from({ length: 5 }, async () => {
    for await (const _ of new DockerEngine("test", docker).lines(ID, over.signal)) break;
  });
  await Promise.all(following);
  const { agent } = docker.modem as unknown as { agent: unknown };
  expect(inspect(agent, { showHidden: true, depth: null }).length).toBeLessThan(100);
  over.abort();
});
