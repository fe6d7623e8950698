import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CallBook } from "../../archive/calls/callBook.ts";
import { Library } from "../../archive/library/library.ts";
import type { ManifestLeg } from "../../archive/library/manifest.ts";
import { Paths } from "../../archive/library/paths.ts";
import { type CallId, type JobId, newCallId } from "../../ids.ts";
import { manifestOf, readyLeg, recordingLeg } from "../../testing/manifests.ts";
import { type TestJobs, testJobs } from "../../testing/testJobs.ts";
import { LiveDirector } from "./liveDirector.ts";
import { LiveConfiguration } from "./liveForm.ts";
import { LiveKind } from "./liveJob.ts";

const SECOND_MS = 1_000;
const log = pino({ level: "silent" });

let root: string;
let setup: TestJobs;
let paths: Paths;
let calls: CallBook;
let kind: LiveKind;
let over: AbortController;

beforeEach(async () => {
  over = new AbortController();
  root = await mkdtemp(join(tmpdir(), "lives-"));
  paths = new Paths(root);
  await mkdir(paths.spool);
  setup = testJobs();
  calls = new CallBook(new Library(paths, log), setup.clock);
});
afterEach(async () => {
  over.abort();
  await setup.jobs.close();
  await rm(root, { recursive: true });
});

async function begin(configured: object = {}): Promise<void> {
  const configuration = LiveConfiguration.parse({ outputs: ["hls"], graceSeconds: 3, ...configured });
  kind = new LiveKind(configuration, { calls, clock: setup.clock, paths, image: "live", network: "out" });
  setup.jobs.register(kind);
  await setup.jobs.start();
  void new LiveDirector(configuration, { calls, clock: setup.clock, jobs: setup.jobs, log }).watch(over.signal);
}

async function call(...legs: ManifestLeg[]): Promise<CallId> {
  const id = newCallId(setup.clock.now());
  calls.adopt(manifestOf(id, setup.clock.now()));
  for (const leg of legs) await calls.record(id, leg);
  return id;
}

const now = () => setup.clock.now();
const streams = (id: CallId) => setup.jobs.book.ofCall(id).filter((job) => job.kind === "live");
const jobOf = (id: CallId) => streams(id)[0]?.id as JobId;
const planOf = async (id: CallId) => JSON.parse(await readFile(paths.plan(jobOf(id)), "utf8"));

/** Advances the clock until a condition is true. */
async function until(what: () => unknown): Promise<void> {
  for (let step = 0; step < 200; step += 1) {
    if (await what()) return;
    await setup.clock.pass(100);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`never: ${what}`);
}

test("a call is streamed from its first recording until everybody has been gone for the grace period", async () => {
  await begin();
  const [first, second] = [recordingLeg(now()), recordingLeg(now())];
  const id = await call(first);
  await until(() => setup.engine.started.length === 1);
  expect(setup.engine.started[0]).toMatchObject({ command: ["live", jobOf(id)], image: "live", network: undefined });
  expect((await planOf(id)).participants.map((one: { id: string }) => one.id)).toEqual([first.id]);
  expect((await calls.get(id))?.live).toMatchObject({ outputs: ["hls"], endedAt: null });

  await calls.record(id, second);
  await until(async () => (await planOf(id)).participants.length === 2);
  await calls.record(id, readyLeg(now(), first.id));
  await until(async () => (await planOf(id)).participants.length === 1);
  const leftAt = now().getTime();
  await calls.record(id, readyLeg(now(), second.id));
  await until(async () => (await planOf(id)).endedUnixMs !== null);
  expect((await planOf(id)).endedUnixMs).toBe(leftAt);
  expect(now().getTime() - leftAt).toBeGreaterThanOrEqual(3 * SECOND_MS);

  await mkdir(paths.liveFolder(id), { recursive: true });
  setup.engine.end(setup.engine.last, 0);
  await until(() => streams(id)[0]?.state === "done");
  expect((await calls.get(id))?.live?.endedAt).not.toBe(null);
  await expect(stat(paths.plan(jobOf(id)))).rejects.toThrow("ENOENT");
  // Viewers are some seconds behind.
  await stat(paths.liveFolder(id));
  await setup.clock.pass(61 * SECOND_MS);
  await until(() =>
    stat(paths.liveFolder(id)).then(
      () => false,
      () => true,
    ),
  );
});

test("a participant who returns within the grace period is in the same stream", async () => {
  await begin();
  const leg = recordingLeg(now());
  const id = await call(leg);
  await until(() => setup.engine.started.length === 1);
  await calls.record(id, readyLeg(now(), leg.id));
  await setup.clock.pass(2 * SECOND_MS);
  await calls.record(id, recordingLeg(now()));
  await setup.clock.pass(20 * SECOND_MS);
  expect((await planOf(id)).endedUnixMs).toBe(null);
  expect(streams(id)).toHaveLength(1);
});

test("a lost stream is restarted while its call is running", async () => {
  await begin();
  const id = await call(recordingLeg(now()));
  await until(() => setup.engine.started.length === 1);
  setup.engine.end(setup.engine.last, 137);
  await until(() => setup.engine.started.length === 2);
  expect(streams(id)).toMatchObject([{ state: "running", attempts: 2 }]);
});

test("a cancelled stream is not restarted", async () => {
  await begin();
  const id = await call(recordingLeg(now()));
  await until(() => setup.engine.started.length === 1);
  await setup.jobs.cancel(jobOf(id));
  await setup.clock.pass(20 * SECOND_MS);
  expect(streams(id)).toMatchObject([{ state: "cancelled" }]);
  expect((await calls.get(id))?.live?.endedAt).not.toBe(null);
});

test("the number of streams is limited, and the next call is streamed when one has ended", async () => {
  await begin({ concurrent: 1 });
  const first = recordingLeg(now());
  const one = await call(first);
  const other = await call(recordingLeg(now()));
  await until(() => setup.engine.started.length === 1);
  await setup.clock.pass(10 * SECOND_MS);
  expect([streams(one).length, streams(other).length]).toEqual([1, 0]);
  await calls.record(one, readyLeg(now(), first.id));
  setup.engine.end(setup.engine.last, 0);
  await until(() => streams(other)[0]?.state === "running");
});

test("the output audio is not limited and does not count as a stream", async () => {
  await begin({ outputs: ["hls", "audio"], concurrent: 1, callersChoose: true });
  const silent = await call({ ...recordingLeg(now()), metadata: { live: "audio" } });
  await until(() => setup.engine.started.length === 1);
  const [one, other] = [await call(recordingLeg(now())), await call(recordingLeg(now()))];
  await until(() => setup.engine.started.length === 3);
  const outputsOf = async (id: CallId) => (await planOf(id)).outputs;
  expect([await outputsOf(silent), await outputsOf(one), await outputsOf(other)]).toEqual([
    ["audio"],
    ["hls", "audio"],
    ["audio"],
  ]);
});

test("each audio segment is emitted, and their number is recorded at the end", async () => {
  await begin({ outputs: ["audio"] });
  const heard: object[] = [];
  calls.on("audio", (segment) => heard.push(segment));
  const id = await call(recordingLeg(now()));
  await until(() => setup.engine.started.length === 1);
  const segment = { file: "x.opus", leg: "leg_1", number: 1, start: now().toISOString() };
  const line = JSON.stringify({ ...segment, seconds: 5, samples: 240_000, sampleRate: 48_000 });
  setup.engine.say(setup.engine.last, JSON.stringify({ event: "segment", ...JSON.parse(line) }));
  await until(() => heard.length === 1);
  expect(heard).toMatchObject([{ callId: id, ...segment }]);
  expect((await calls.get(id))?.live?.audio).toEqual({ per: "leg", format: "opus", segmentSeconds: 5 });
  await mkdir(paths.audioFolder(id), { recursive: true });
  await writeFile(join(paths.audioFolder(id), "index.jsonl"), `${line}\n${line}\n{"half":`);
  setup.engine.end(setup.engine.last, 0);
  await until(async () => (await calls.get(id))?.live?.endedAt !== null);
  expect((await calls.get(id))?.live?.audio?.segments).toBe(2);
});

test("nothing is streamed by default", async () => {
  await begin({ outputs: [] });
  const id = await call(recordingLeg(now()));
  await setup.clock.pass(10 * SECOND_MS);
  expect(streams(id)).toEqual([]);
});

test("the plan is touched as long as the orchestrator is running", async () => {
  await begin();
  const id = await call(recordingLeg(now()));
  await until(() => setup.engine.started.length === 1);
  await utimes(paths.plan(jobOf(id)), 0, 0);
  await setup.clock.pass(11 * SECOND_MS);
  await until(async () => (await stat(paths.plan(jobOf(id)))).mtimeMs > 0);
});

test("folders of ended streams of a previous process are removed, those of running streams are not", async () => {
  await begin();
  const [old, running] = [newCallId(now()), newCallId(now())];
  for (const id of [old, running]) await mkdir(paths.liveFolder(id), { recursive: true });
  await kind.sweep([running]);
  await expect(stat(paths.liveFolder(old))).rejects.toThrow("ENOENT");
  await stat(paths.liveFolder(running));
});

test("simultaneous state changes of servers are all written until the stream ends", async () => {
  const push = ["one", "two", "three"].map((name) => ({ name, url: "rtmp://server/app", key: name }));
  await begin({ push });
  const id = await call(recordingLeg(now()));
  await until(() => setup.engine.started.length === 1);
  const say = (name: string, state: string, more = {}) =>
    setup.engine.say(setup.engine.last, JSON.stringify({ event: "push", name, state, ...more }));
  for (const { name } of push) say(name, "connecting");
  for (const { name } of push) say(name, "waiting", { reason: "refused" });
  say("two", "pushing");
  const waiting = { state: "waiting", reason: "refused" };
  const pushes = async () => (await calls.get(id))?.live?.pushes;
  await until(async () => (await pushes())?.["two"]?.state === "pushing");
  expect(await pushes()).toEqual({ one: waiting, two: { state: "pushing" }, three: waiting });
  expect((await stat(paths.plan(jobOf(id)))).mode & 0o777).toBe(0o600);
  setup.engine.end(setup.engine.last, 0);
  await until(async () => (await calls.get(id))?.live?.endedAt !== null);
  expect(await pushes()).toBe(undefined);
});
