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
import { FilmDirector } from "./filmDirector.ts";
import { FilmConfiguration } from "./filmForm.ts";
import { FilmOrder } from "./filmJob.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 60 * 60_000;
const GRACE_MS = 5 * SECOND_MS;
const log = pino({ level: "silent" });

let root: string;
let setup: TestJobs;
let library: Library;
let calls: CallBook;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "films-"));
  library = new Library(new Paths(root), log);
  setup = testJobs();
  calls = new CallBook(library, setup.clock);
  // Jobs stay queued: these tests check decisions, not films.
  setup.recording.legs = 9;
  await setup.jobs.start();
});
afterEach(async () => {
  await setup.jobs.close();
  await rm(root, { recursive: true });
});

const watch = (more: object = {}) => {
  const configuration = FilmConfiguration.parse({ enabled: true, graceSeconds: GRACE_MS / SECOND_MS, ...more });
  return new FilmDirector(configuration, { calls, clock: setup.clock, jobs: setup.jobs, log }).watch();
};

async function call(...legs: ManifestLeg[]): Promise<CallId> {
  const id = newCallId(setup.clock.now());
  calls.adopt(manifestOf(id, setup.clock.now()));
  for (const leg of legs) await calls.record(id, leg);
  return id;
}

const now = () => setup.clock.now();
const films = (id: CallId) =>
  setup.jobs.book.ofCall(id).map(({ state, order }) => ({ state, legs: FilmOrder.parse(order).legs }));

test("a call gets a film of all ready recordings after the grace period", async () => {
  await watch();
  const [first, second, lost] = [readyLeg(now()), recordingLeg(now()), failedLeg(now())];
  const id = await call(first, second, lost);
  await setup.clock.pass(2 * GRACE_MS);
  expect(films(id)).toEqual([]);

  await calls.record(id, readyLeg(now(), second.id));
  await setup.clock.pass(GRACE_MS - SECOND_MS);
  expect(films(id)).toEqual([]);
  await setup.clock.pass(2 * SECOND_MS);
  expect(films(id)).toEqual([{ state: "queued", legs: [first.id, second.id] }]);
});

test("a participant who returns within the grace period delays the film", async () => {
  await watch();
  const [first, second] = [readyLeg(now()), readyLeg(now())];
  const id = await call(first, second);
  await setup.clock.pass(GRACE_MS - SECOND_MS);
  const again = recordingLeg(now());
  await calls.record(id, again);
  await setup.clock.pass(10 * GRACE_MS);
  expect(films(id)).toEqual([]);
  await calls.record(id, readyLeg(now(), again.id));
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  expect(films(id)).toEqual([{ state: "queued", legs: [first.id, second.id, again.id] }]);
});

test("a participant who returns cancels a queued film, which is then made with them", async () => {
  await watch();
  const [first, second] = [readyLeg(now()), readyLeg(now())];
  const id = await call(first, second);
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  expect(films(id)).toHaveLength(1);
  const again = recordingLeg(now());
  await calls.record(id, again);
  await setup.clock.pass(SECOND_MS);
  expect(films(id)).toEqual([]);
  await calls.record(id, failedLeg(now(), again.id));
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  expect(films(id)).toEqual([{ state: "queued", legs: [first.id, second.id] }]);
});

test("a cancelled film is not queued again", async () => {
  await watch();
  const [first, second] = [readyLeg(now()), readyLeg(now())];
  const id = await call(first, second);
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  const [job] = setup.jobs.book.ofCall(id);
  if (!job) throw new Error("nothing was queued");
  await setup.jobs.cancel(job.id);
  await calls.record(id, second);
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  expect(films(id).map(({ state }) => state)).toEqual(["cancelled"]);
});

test("the film waits for unfinished files of a rolled-over leg", async () => {
  await watch({ minimumLegs: 1 });
  const leg = readyLeg(now());
  const at = { startedAt: leg.startedAt, endedAt: leg.endedAt };
  const done = { ...at, file: leg.file };
  const id = await call({ ...leg, files: [done, at] } as ManifestLeg);
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  expect(films(id)).toEqual([]);
  await calls.record(id, {
    ...leg,
    files: [done, { ...at, file: { ...leg.file, name: `${leg.id}-2.webm` } }],
  } as ManifestLeg);
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  expect(films(id)).toHaveLength(1);
});

test.each([
  ["fewer recordings than the minimum", {}, 1],
  ["callers who decline it and may choose", { callersChoose: true }, 2],
  ["films disabled", { enabled: false }, 2],
])("there is no film with %s", async (_, more, count) => {
  await watch(more);
  const legs = Array.from({ length: count }, () => ({ ...readyLeg(now()), metadata: { film: false } }));
  const id = await call(...legs);
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  expect(films(id)).toEqual([]);
});

test("after a restart, calls that ended within a day get their missing film", async () => {
  const old = await call(readyLeg(now()), readyLeg(now()));
  await setup.clock.pass(25 * HOUR_MS, HOUR_MS);
  const recent = await call(readyLeg(now()), readyLeg(now()));
  calls = new CallBook(library, setup.clock);
  await watch();
  await setup.clock.pass(GRACE_MS + SECOND_MS);
  await expect.poll(() => films(recent)).toHaveLength(1);
  expect(films(old)).toEqual([]);
});
