import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CallBook } from "../../archive/calls/callBook.ts";
import { Library } from "../../archive/library/library.ts";
import type { ManifestLeg } from "../../archive/library/manifest.ts";
import { Paths } from "../../archive/library/paths.ts";
import { type CallId, newCallId } from "../../ids.ts";
import { failedLeg, manifestOf, readyLeg, recordingLeg } from "../../testing/manifests.ts";
import { type TestJobs, testJobs } from "../../testing/testJobs.ts";
import { PreviewDirector } from "./previewDirector.ts";

const HOUR_MS = 60 * 60_000;
const log = pino({ level: "silent" });
const FORM = { format: "webm", layout: "auto", audio: "mixed", videoCodec: "vp8" } as const;

let root: string;
let life: TestJobs;
let library: Library;
let calls: CallBook;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "previews-"));
  library = new Library(new Paths(root), log);
  life = testJobs();
  calls = new CallBook(library, life.clock);
  await life.jobs.start();
});
afterEach(async () => {
  await life.jobs.close();
  await rm(root, { recursive: true });
});

const watch = (enabled = true) =>
  new PreviewDirector({ enabled }, { calls, clock: life.clock, jobs: life.jobs, log }).watch();

async function call(...legs: ManifestLeg[]): Promise<CallId> {
  const id = newCallId(life.clock.now());
  calls.adopt(manifestOf(id, life.clock.now()));
  for (const leg of legs) await calls.record(id, leg);
  await life.clock.pass(50);
  return id;
}

const now = () => life.clock.now();
/** Files that previews are queued of. */
const queued = (id: CallId) => life.jobs.book.ofCall(id).map(({ kind, subject }) => `${kind} of ${subject}`);

test("every recording of a call gets a preview once the call is over, and once only", async () => {
  await watch();
  const [first, second, lost] = [readyLeg(now()), recordingLeg(now()), failedLeg(now())];
  const id = await call(second, first, lost);
  expect(queued(id)).toEqual([]);

  const ended = readyLeg(now(), second.id);
  await calls.record(id, ended);
  await life.clock.pass(50);
  const all = [`preview of ${second.id}.webm`, `preview of ${first.id}.webm`];
  expect(queued(id)).toEqual(all);
  await calls.record(id, { ...ended, reason: "leave" });
  await life.clock.pass(50);
  expect(queued(id)).toEqual(all);
});

test("what was tried in vain or called off is not tried again by itself", async () => {
  await watch();
  const leg = readyLeg(now());
  const id = await call(leg);
  const [job] = life.jobs.book.ofCall(id);
  if (!job) throw new Error("nothing was queued");
  await life.jobs.cancel(job.id);
  await calls.record(id, leg);
  await life.clock.pass(50);
  expect(life.jobs.book.ofCall(id).map(({ state }) => state)).toEqual(["cancelled"]);
});

test("every file of a leg that rolled over gets one, not those that were lost", async () => {
  await watch();
  const leg = readyLeg(now());
  const at = { startedAt: leg.startedAt, endedAt: leg.endedAt };
  const file = (number: number) => ({ ...at, file: { ...leg.file, name: `${leg.id}-${number}.webm` } });
  const error = { code: "NOT_VERIFIED", message: "no", hint: "none" } as const;
  const id = await call({ ...leg, files: [{ ...at, file: leg.file }, { ...at, error }, file(3)] } as ManifestLeg);
  expect(queued(id)).toEqual([`preview of ${leg.id}.webm`, `preview of ${leg.id}-3.webm`]);
});

test("a film gets one, and another one when it is made anew", async () => {
  await watch();
  const leg = readyLeg(now());
  const id = await call(leg);
  const compose = () =>
    calls.recordFilm(id, {
      ...{ legs: [leg.id], startedAt: leg.startedAt, composedAt: now().toISOString(), ...FORM },
      file: { name: "film.webm", bytes: 4, durationSeconds: 1, streams: [] },
    });
  await compose();
  await life.clock.pass(50);
  expect(queued(id)).toEqual([`preview of ${leg.id}.webm`, "preview of film.webm"]);

  const first = life.jobs.book.ofCall(id).find(({ subject }) => subject === "film.webm");
  if (!first) throw new Error("nothing was queued");
  await life.jobs.cancel(first.id);
  await calls.recordPreview(id, "film.webm", { poster: "film.poster.jpg" });
  await life.clock.pass(1_000);
  await compose();
  await life.clock.pass(50);
  expect(queued(id).filter((one) => one === "preview of film.webm")).toHaveLength(2);
  expect((await calls.get(id))?.previews).toBeUndefined();
});

test("after a restart, calls of the last two days get what they lack", async () => {
  const old = await call(readyLeg(now()));
  await life.clock.pass(49 * HOUR_MS, HOUR_MS);
  const [withOne, without] = [readyLeg(now()), readyLeg(now())];
  const has = await call(withOne);
  await calls.recordPreview(has, `${withOne.id}.webm`, { waveform: `${withOne.id}.waveform.png` });
  const lacks = await call(without);
  calls = new CallBook(library, life.clock);
  await watch();
  await life.clock.pass(50);
  expect([old, has, lacks].map((id) => queued(id).length)).toEqual([0, 0, 1]);
});

test("nobody gets one where none are wanted", async () => {
  await watch(false);
  expect(queued(await call(readyLeg(now())))).toEqual([]);
});

test("previews that become ready at once after the call was closed do not undo each other", async () => {
  const legs = [readyLeg(now()), readyLeg(now()), readyLeg(now())];
  const id = await call(...legs);
  calls = new CallBook(library, life.clock);
  const names = legs.map((leg) => `${leg.id}.webm`);
  await Promise.all(names.map((name) => calls.recordPreview(id, name, { poster: `${name}.jpg` })));
  expect(Object.keys((await library.readManifest(id))?.previews ?? {})).toEqual(names);
});
