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
let life: TestJobs;
let paths: Paths;
let calls: CallBook;
let kind: LiveKind;
let over: AbortController;

beforeEach(async () => {
  over = new AbortController();
  root = await mkdtemp(join(tmpdir(), "lives-"));
  paths = new Paths(root);
  await mkdir(paths.spool);
  life = testJobs();
  calls = new CallBook(new Library(paths, log), life.clock);
});
afterEach(async () => {
  over.abort();
  await life.jobs.close();
  await rm(root, { recursive: true });
});

async function begin(configured: object = {}): Promise<void> {
  const configuration = LiveConfiguration.parse({ outputs: ["hls"], graceSeconds: 3, ...configured });
  kind = new LiveKind(configuration, { calls, clock: life.clock, paths, image: "live", network: "out" });
  life.jobs.register(kind);
  await life.jobs.start();
  void new LiveDirector(configuration, { calls, clock: life.clock, jobs: life.jobs, log }).watch(over.signal);
}

async function call(...legs: ManifestLeg[]): Promise<CallId> {
  const id = newCallId(life.clock.now());
  calls.adopt(manifestOf(id, life.clock.now()));
  for (const leg of legs) await calls.record(id, leg);
  return id;
}

const now = () => life.clock.now();
const streams = (id: CallId) => life.jobs.book.ofCall(id).filter((job) => job.kind === "live");
const jobOf = (id: CallId) => streams(id)[0]?.id as JobId;
const planOf = async (id: CallId) => JSON.parse(await readFile(paths.plan(jobOf(id)), "utf8"));

/** Time passes until something is so. */
async function until(what: () => unknown): Promise<void> {
  for (let step = 0; step < 200; step += 1) {
    if (await what()) return;
    await life.clock.pass(100);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`never: ${what}`);
}

test("a call is shown from its first recording on, until nobody has been there for a while", async () => {
  await begin();
  const [first, second] = [recordingLeg(now()), recordingLeg(now())];
  const id = await call(first);
  await until(() => life.engine.started.length === 1);
  expect(life.engine.started[0]).toMatchObject({ command: ["live", jobOf(id)], image: "live", network: undefined });
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
  life.engine.end(life.engine.last, 0);
  await until(() => streams(id)[0]?.state === "done");
  expect((await calls.get(id))?.live?.endedAt).not.toBe(null);
  await expect(stat(paths.plan(jobOf(id)))).rejects.toThrow("ENOENT");
  // Whoever watches is some seconds behind.
  await stat(paths.liveFolder(id));
  await life.clock.pass(61 * SECOND_MS);
  await until(() =>
    stat(paths.liveFolder(id)).then(
      () => false,
      () => true,
    ),
  );
});

test("who comes back in time is in the same stream", async () => {
  await begin();
  const leg = recordingLeg(now());
  const id = await call(leg);
  await until(() => life.engine.started.length === 1);
  await calls.record(id, readyLeg(now(), leg.id));
  await life.clock.pass(2 * SECOND_MS);
  await calls.record(id, recordingLeg(now()));
  await life.clock.pass(20 * SECOND_MS);
  expect((await planOf(id)).endedUnixMs).toBe(null);
  expect(streams(id)).toHaveLength(1);
});

test("a stream that is lost is begun again while its call goes on", async () => {
  await begin();
  const id = await call(recordingLeg(now()));
  await until(() => life.engine.started.length === 1);
  life.engine.end(life.engine.last, 137);
  await until(() => life.engine.started.length === 2);
  expect(streams(id)).toMatchObject([{ state: "running", attempts: 2 }]);
});

test("one that was cancelled stays so", async () => {
  await begin();
  const id = await call(recordingLeg(now()));
  await until(() => life.engine.started.length === 1);
  await life.jobs.cancel(jobOf(id));
  await life.clock.pass(20 * SECOND_MS);
  expect(streams(id)).toMatchObject([{ state: "cancelled" }]);
  expect((await calls.get(id))?.live?.endedAt).not.toBe(null);
});

test("no more are shown at once than may be, and the next one has its turn when one has ended", async () => {
  await begin({ concurrent: 1 });
  const first = recordingLeg(now());
  const one = await call(first);
  const other = await call(recordingLeg(now()));
  await until(() => life.engine.started.length === 1);
  await life.clock.pass(10 * SECOND_MS);
  expect([streams(one).length, streams(other).length]).toEqual([1, 0]);
  await calls.record(one, readyLeg(now(), first.id));
  life.engine.end(life.engine.last, 0);
  await until(() => streams(other)[0]?.state === "running");
});

test("what is said is kept however many calls are shown, and does not count among them", async () => {
  await begin({ outputs: ["hls", "audio"], concurrent: 1, callersChoose: true });
  const silent = await call({ ...recordingLeg(now()), metadata: { live: "audio" } });
  await until(() => life.engine.started.length === 1);
  const [one, other] = [await call(recordingLeg(now())), await call(recordingLeg(now()))];
  await until(() => life.engine.started.length === 3);
  const outputsOf = async (id: CallId) => (await planOf(id)).outputs;
  expect([await outputsOf(silent), await outputsOf(one), await outputsOf(other)]).toEqual([
    ["audio"],
    ["hls", "audio"],
    ["audio"],
  ]);
});

test("each file of what was said is told of, and in the end how many there are", async () => {
  await begin({ outputs: ["audio"] });
  const heard: object[] = [];
  calls.on("audio", (segment) => heard.push(segment));
  const id = await call(recordingLeg(now()));
  await until(() => life.engine.started.length === 1);
  const segment = { file: "x.opus", leg: "leg_1", number: 1, start: now().toISOString() };
  const line = JSON.stringify({ ...segment, seconds: 5, samples: 240_000, sampleRate: 48_000 });
  life.engine.say(life.engine.last, JSON.stringify({ event: "segment", ...JSON.parse(line) }));
  await until(() => heard.length === 1);
  expect(heard).toMatchObject([{ callId: id, ...segment }]);
  expect((await calls.get(id))?.live?.audio).toEqual({ per: "leg", format: "opus", segmentSeconds: 5 });
  await mkdir(paths.audioFolder(id), { recursive: true });
  await writeFile(join(paths.audioFolder(id), "index.jsonl"), `${line}\n${line}\n{"half":`);
  life.engine.end(life.engine.last, 0);
  await until(async () => (await calls.get(id))?.live?.endedAt !== null);
  expect((await calls.get(id))?.live?.audio?.segments).toBe(2);
});

test("nothing is shown where nothing is configured", async () => {
  await begin({ outputs: [] });
  const id = await call(recordingLeg(now()));
  await life.clock.pass(10 * SECOND_MS);
  expect(streams(id)).toEqual([]);
});

test("the plan is touched for as long as there is an orchestrator", async () => {
  await begin();
  const id = await call(recordingLeg(now()));
  await until(() => life.engine.started.length === 1);
  await utimes(paths.plan(jobOf(id)), 0, 0);
  await life.clock.pass(11 * SECOND_MS);
  await until(async () => (await stat(paths.plan(jobOf(id)))).mtimeMs > 0);
});

test("what an earlier life left of streams is removed, and of those that go on nothing", async () => {
  await begin();
  const [old, running] = [newCallId(now()), newCallId(now())];
  for (const id of [old, running]) await mkdir(paths.liveFolder(id), { recursive: true });
  await kind.sweep([running]);
  await expect(stat(paths.liveFolder(old))).rejects.toThrow("ENOENT");
  await stat(paths.liveFolder(running));
});

test("what becomes of servers at the same moment is all written down, until the stream is over", async () => {
  const push = ["one", "two", "three"].map((name) => ({ name, url: "rtmp://server/app", key: name }));
  await begin({ push });
  const id = await call(recordingLeg(now()));
  await until(() => life.engine.started.length === 1);
  const say = (name: string, state: string, more = {}) =>
    life.engine.say(life.engine.last, JSON.stringify({ event: "push", name, state, ...more }));
  for (const { name } of push) say(name, "connecting");
  for (const { name } of push) say(name, "waiting", { reason: "refused" });
  say("two", "pushing");
  const waiting = { state: "waiting", reason: "refused" };
  const pushes = async () => (await calls.get(id))?.live?.pushes;
  await until(async () => (await pushes())?.["two"]?.state === "pushing");
  expect(await pushes()).toEqual({ one: waiting, two: { state: "pushing" }, three: waiting });
  expect((await stat(paths.plan(jobOf(id)))).mode & 0o777).toBe(0o600);
  life.engine.end(life.engine.last, 0);
  await until(async () => (await calls.get(id))?.live?.endedAt !== null);
  expect(await pushes()).toBe(undefined);
});
