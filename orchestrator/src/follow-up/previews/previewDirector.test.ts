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
let setup: TestJobs;
let library: Library;
let calls: CallBook;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "previews-"));
  library = new Library(new Paths(root), log);
  setup = testJobs();
  calls = new CallBook(library, setup.clock);
  await setup.jobs.start();
});
afterEach(async () => {
  await setup.jobs.close();
  await rm(root, { recursive: true });
});

const watch = (enabled = true) =>
  new PreviewDirector({ enabled }, { calls, clock: setup.clock, jobs: setup.jobs, log }).watch();

async function call(...legs: ManifestLeg[]): Promise<CallId> {
  const id = newCallId(setup.clock.now());
  calls.adopt(manifestOf(id, setup.clock.now()));
  for (const leg of legs) await calls.record(id, leg);
  await setup.clock.pass(50);
  return id;
}

const now = () => setup.clock.now();
/** Files with a queued preview. */
const queued = (id: CallId) => setup.jobs.book.ofCall(id).map(({ kind, subject }) => `${kind} of ${subject}`);

test("every recording gets exactly one preview when its call has ended", async () => {
  await watch();
  const [first, second, lost] = [readyLeg(now()), recordingLeg(now()), failedLeg(now())];
  const id = await call(second, first, lost);
  expect(queued(id)).toEqual([]);

  const ended = readyLeg(now(), second.id);
  await calls.record(id, ended);
  await setup.clock.pass(50);
  const all = [`preview of ${second.id}.webm`, `preview of ${first.id}.webm`];
  expect(queued(id)).toEqual(all);
  await calls.record(id, { ...ended, reason: "leave" });
  await setup.clock.pass(50);
  expect(queued(id)).toEqual(all);
});

test("a failed or cancelled preview is not retried automatically", async () => {
  await watch();
  const leg = readyLeg(now());
  const id = await call(leg);
  const [job] = setup.jobs.book.ofCall(id);
  if (!job) throw new Error("nothing was queued");
  await setup.jobs.cancel(job.id);
  await calls.record(id, leg);
  await setup.clock.pass(50);
  expect(setup.jobs.book.ofCall(id).map(({ state }) => state)).toEqual(["cancelled"]);
});

test("every file of a rolled-over leg gets one, except lost files", async () => {
  await watch();
  const leg = readyLeg(now());
  const at = { startedAt: leg.startedAt, endedAt: leg.endedAt };
  const file = (number: number) => ({ ...at, file: { ...leg.file, name: `${leg.id}-${number}.webm` } });
  const error = { code: "NOT_VERIFIED", message: "no", hint: "none" } as const;
  const id = await call({ ...leg, files: [{ ...at, file: leg.file }, { ...at, error }, file(3)] } as ManifestLeg);
  expect(queued(id)).toEqual([`preview of ${leg.id}.webm`, `preview of ${leg.id}-3.webm`]);
});

test("a film gets one, and a new one when it is composed again", async () => {
  await watch();
  const leg = readyLeg(now());
  const id = await call(leg);
  const compose = () =>
    calls.recordFilm(id, {
      ...{ legs: [leg.id], startedAt: leg.startedAt, composedAt: now().toISOString(), ...FORM },
      file: { name: "film.webm", bytes: 4, durationSeconds: 1, streams: [] },
    });
  await compose();
  await setup.clock.pass(50);
  expect(queued(id)).toEqual([`preview of ${leg.id}.webm`, "preview of film.webm"]);

  const first = setup.jobs.book.ofCall(id).find(({ subject }) => subject === "film.webm");
  if (!first) throw new Error("nothing was queued");
  await setup.jobs.cancel(first.id);
  await calls.recordPreview(id, "film.webm", { poster: "film.poster.jpg" });
  await setup.clock.pass(1_000);
  await compose();
  await setup.clock.pass(50);
  expect(queued(id).filter((one) => one === "preview of film.webm")).toHaveLength(2);
  expect((await calls.get(id))?.previews).toBeUndefined();
});

test("after a restart, calls of the last two days get missing previews", async () => {
  const old = await call(readyLeg(now()));
  await setup.clock.pass(49 * HOUR_MS, HOUR_MS);
  const [withOne, without] = [readyLeg(now()), readyLeg(now())];
  const has = await call(withOne);
  await calls.recordPreview(has, `${withOne.id}.webm`, { waveform: `${withOne.id}.waveform.png` });
  const lacks = await call(without);
  calls = new CallBook(library, setup.clock);
  await watch();
  await setup.clock.pass(50);
  expect([old, has, lacks].map((id) => queued(id).length)).toEqual([0, 0, 1]);
  const added = await call(readyLeg(now()));
  const catchUp = [lacks, added].map((id) => setup.jobs.book.ofCall(id)[0]?.catchUp);
  expect(catchUp, "new calls come first").toEqual([true, undefined]);
});

test("no previews are made if they are not enabled", async () => {
  await watch(false);
  expect(queued(await call(readyLeg(now())))).toEqual([]);
});

test("previews that finish at the same time after the call was closed do not overwrite each other", async () => {
  const legs = [readyLeg(now()), readyLeg(now()), readyLeg(now())];
  const id = await call(...legs);
  calls = new CallBook(library, setup.clock);
  const names = legs.map((leg) => `${leg.id}.webm`);
  await Promise.all(names.map((name) => calls.recordPreview(id, name, { poster: `${name}.jpg` })));
  expect(Object.keys((await library.readManifest(id))?.previews ?? {})).toEqual(names);
});
