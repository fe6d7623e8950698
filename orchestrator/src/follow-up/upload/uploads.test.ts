import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CallBook } from "../../archive/calls/callBook.ts";
import { Library } from "../../archive/library/library.ts";
import type { ManifestLeg } from "../../archive/library/manifest.ts";
import { Paths } from "../../archive/library/paths.ts";
import { type CallId, newCallId } from "../../ids.ts";
import type { WebhookEvent } from "../../outside/webhooks/events.ts";
import { manifestOf, readyLeg, recordingLeg } from "../../testing/manifests.ts";
import { type TestJobs, testJobs, testKind } from "../../testing/testJobs.ts";
import { remoteOf, type UploaderSettings } from "./uploadKind.ts";
import { Uploads } from "./uploads.ts";

const LIMIT_MS = 4_000;
const SECOND_MS = 1_000;
const VERIFIED = '{"event":"verified","by":"checksum"}';
const FOLLOWED = '{"event":"followed"}';
const SETTINGS: UploaderSettings = {
  ...{ image: "uploader", network: "storage", configuration: "rclone" },
  ...{ remote: "s3:bucket/", fallback: "sftp:" },
};

let root: string;
let life: TestJobs;
let library: Library;
let calls: CallBook;
let uploads: Uploads;
let told: WebhookEvent[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "uploads-"));
  library = new Library(new Paths(root), pino({ level: "silent" }));
  told = [];
  life = testJobs();
  await begin();
});
afterEach(async () => {
  await life.jobs.close();
  await rm(root, { recursive: true });
});

/** A record of what was told, as webhooks keep it. */
const webhooks = {
  publish: async (_: CallId, event: WebhookEvent) => void told.push(event),
  async *messages() {
    const timestamp = life.clock.now().toISOString();
    yield* told.map(({ type, data }) => ({ id: "msg", type, timestamp, data, deliveries: [] }));
  },
};

/** Another life, on what the one before left. */
async function begin(): Promise<void> {
  const log = pino({ level: "silent" });
  const { jobs, clock } = life;
  calls = new CallBook(library, clock);
  uploads = new Uploads(SETTINGS, { calls, clock, jobs, log, paths: library.paths, webhooks });
  await jobs.start();
  await uploads.start();
}

async function until(what: string, isSo: () => boolean | Promise<boolean>, stepMs = SECOND_MS): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
    await life.clock.pass(stepMs, stepMs);
    await delay(5);
  }
}

/** Files of before now, as far as the clock of the test knows. */
async function keep(id: CallId, name: string, text: string): Promise<void> {
  const path = join(library.paths.call(id), name);
  await mkdir(library.paths.call(id), { recursive: true });
  await writeFile(path, text);
  await age(path);
}

async function age(path: string): Promise<void> {
  const at = new Date(life.clock.now().getTime() - SECOND_MS);
  await utimes(path, at, at);
}

/** A call that is on the volume when it is known to be over. */
async function call(leg: ManifestLeg = readyLeg(life.clock.now())): Promise<CallId> {
  const id = newCallId(life.clock.now());
  await keep(id, `${leg.id}.webm`, "EBML");
  calls.adopt(manifestOf(id, life.clock.now(), leg));
  await calls.record(id, leg);
  await age(library.paths.manifest(id));
  return id;
}

const started = (count: number) => until(`${count} uploaders`, () => life.engine.started.length >= count);
const isSafe = (id: CallId) => uploads.isSafe({ id });

async function uploadOnce(id: CallId): Promise<void> {
  await started(1);
  life.engine.say(life.engine.last, VERIFIED);
  life.engine.end(life.engine.last, 0);
  await until("it is safe", () => isSafe(id));
}

describe("a call that is over", () => {
  test("is uploaded, and safe when it was compared", async () => {
    const id = await call();
    await started(1);
    const [spec] = life.engine.started;
    expect(spec).toMatchObject({ image: "uploader", network: "storage", configuration: "rclone" });
    expect(spec?.command).toEqual(["upload", "s3:bucket", library.paths.callName(id)]);
    expect(await isSafe(id)).toBe(false);
    await uploadOnce(id);
    await until("it is told", () => told.length > 0);
    expect(told).toMatchObject([{ type: "upload.done", data: { callId: id, remote: "s3:bucket/", files: 2 } }]);
  });

  test("is not uploaded while a leg goes on", async () => {
    await call(recordingLeg(life.clock.now()));
    await life.clock.pass(30 * SECOND_MS, SECOND_MS);
    expect(life.engine.started).toEqual([]);
  });

  test("goes up, as far as its sound is concerned, while it goes on", async () => {
    const id = await call(recordingLeg(life.clock.now()));
    life.jobs.register({ ...testKind([], "light"), name: "live" });
    const stream = await life.jobs.queue({ name: "live" }, { callId: id, order: { say: "" } });
    await started(1);
    const audio = { per: "leg", format: "opus", segmentSeconds: 5 } as const;
    const live = { outputs: ["audio" as const], startedAt: life.clock.now().toISOString(), endedAt: null, audio };
    await calls.recordLive(id, live);
    await calls.recordLive(id, live);
    await started(2);
    const [, spec] = life.engine.started;
    expect(spec?.command).toEqual(["follow", "s3:bucket", library.paths.callName(id), stream.id]);
    expect(spec).toMatchObject({ image: "uploader", network: "storage" });
    life.engine.say(life.engine.last, FOLLOWED);
    life.engine.end(life.engine.last, 0);
    await life.clock.pass(30 * SECOND_MS, SECOND_MS);
    expect(life.engine.started).toHaveLength(2);
  });

  test("is not safe when anything of it changed since, and is uploaded again when another job is over", async () => {
    const id = await call();
    await uploadOnce(id);
    const verifiedAt = expect.any(String);
    expect(await uploads.look(id)).toEqual({ remote: "s3:bucket/", verifiedAt, isWhole: true });
    await keep(id, "film.webm", "EBML");
    expect(await isSafe(id)).toBe(false);
    expect(await uploads.look(id)).toEqual({ remote: "s3:bucket/", verifiedAt, isWhole: false });
    await life.jobs.queue({ name: "film" }, { callId: id, order: { say: "film" } });
    await started(2);
    life.engine.end(life.engine.last, 0);
    await started(3);
    expect(life.engine.started[2]?.command[0]).toBe("upload");
  });

  test("of an earlier life is uploaded at the next start", async () => {
    const id = newCallId(life.clock.now());
    const leg = readyLeg(life.clock.now());
    await keep(id, `${leg.id}.webm`, "EBML");
    await library.writeManifest(manifestOf(id, life.clock.now(), leg));
    await uploads.start();
    await started(1);
    expect(life.engine.started[0]?.command).toContain(library.paths.callName(id));
  });

  test("whose uploader was killed, or found a difference, is tried again", async () => {
    const id = await call();
    await started(1);
    life.engine.end(life.engine.last, 137);
    await started(2);
    life.engine.say(life.engine.last, "2026/11/23 17:01:42 Failed to check: 1 differences found");
    life.engine.end(life.engine.last, 1);
    await started(3);
    expect(await isSafe(id)).toBe(false);
    life.engine.say(life.engine.last, VERIFIED);
    life.engine.end(life.engine.last, 0);
    await until("it is safe", () => isSafe(id));
  });

  test("goes to the fallback when the remote fails again and again", async () => {
    const id = await call();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await until(`attempt ${attempt}`, () => life.engine.started.length >= attempt, 10 * SECOND_MS);
      life.engine.end(life.engine.last, 1);
    }
    await until("the fallback's turn", () => life.engine.started.length === 4, 60 * SECOND_MS);
    expect(life.engine.started[3]?.command[1]).toBe("sftp:");
    life.engine.say(life.engine.last, VERIFIED);
    life.engine.end(life.engine.last, 0);
    await until("it is safe", () => isSafe(id));
    await until("it is told", () => told.length > 0);
    expect(told).toMatchObject([{ type: "upload.done", data: { remote: "sftp:" } }]);
  });

  test("that cannot be uploaded within a day is told of", async () => {
    await call();
    for (let attempt = 1; attempt <= 30; attempt += 1) {
      await until(`attempt ${attempt}`, () => life.engine.started.length >= attempt, 30 * 60 * SECOND_MS);
      life.engine.end(life.engine.last, 1);
    }
    await until("it is told", () => told.length > 0);
    expect(told).toMatchObject([{ type: "upload.failed", data: { error: { code: "UPLOAD_FAILED" } } }]);
  });
});

test("a call that is removed is removed from all remotes", async () => {
  const id = await call();
  await uploadOnce(id);
  const remotes = await uploads.remotesOf(id);
  await uploads.forget(id);
  expect(await isSafe(id)).toBe(false);
  expect((await uploads.removeElsewhere(id, remotes)).left).toEqual([]);
  await started(3);
  const commands = life.engine.started.slice(1).map(({ command }) => command);
  expect(commands.toSorted()).toEqual([
    ["remove", "s3:bucket", library.paths.callName(id)],
    ["remove", "sftp:", library.paths.callName(id)],
  ]);
});

test("a call is removed from where it was uploaded to, though another remote is configured since", async () => {
  const id = await call();
  await uploadOnce(id);
  const { remotesOf } = anotherLife({ ...SETTINGS, remote: "gcs:bucket", fallback: undefined });
  expect(await remotesOf(id)).toEqual(["gcs:bucket", "s3:bucket/"]);
});

test("where nothing is uploaded any more, it is said on which remote a call stays", async () => {
  const id = await call();
  await uploadOnce(id);
  const { remotesOf, removeElsewhere } = anotherLife(undefined);
  expect(await removeElsewhere(id, await remotesOf(id))).toEqual({ jobs: [], left: ["s3:bucket/"] });
});

test("a failure of which an earlier life could not tell any more is told at the next start, once", async () => {
  await call();
  for (let attempt = 1; attempt <= 30; attempt += 1) {
    await until(`attempt ${attempt}`, () => life.engine.started.length >= attempt, 30 * 60 * SECOND_MS);
    life.engine.end(life.engine.last, 1);
  }
  await until("it is told", () => told.length > 0);
  told = [];
  await uploads.start();
  expect(told.map(({ type }) => type)).toEqual(["upload.failed"]);
  await uploads.start();
  expect(told).toHaveLength(1);
});

test("remote and fallback take turns after three attempts", () => {
  const turns = [1, 2, 3, 4, 5, 6, 7].map((attempt) => remoteOf(attempt, { remote: "a:", fallback: "b:" }));
  expect(turns).toEqual(["a:", "a:", "a:", "b:", "a:", "b:", "a:"]);
  expect(remoteOf(4, { remote: "a:", fallback: undefined })).toBe("a:");
});

test("where nothing is uploaded, everything is safe", async () => {
  const { isSafe: isSafeThere, remotesOf, removeElsewhere } = anotherLife(undefined);
  const id = newCallId(life.clock.now());
  expect(await isSafeThere({ id })).toBe(true);
  expect(await removeElsewhere(id, await remotesOf(id))).toEqual({ jobs: [], left: [] });
});

/** Uploads as they would be after a restart with other settings. */
function anotherLife(settings: UploaderSettings | undefined) {
  const { jobs, clock } = testJobs();
  const log = pino({ level: "silent" });
  const other = new Uploads(settings, { calls, clock, jobs, log, paths: library.paths, webhooks });
  return {
    isSafe: other.isSafe.bind(other),
    remotesOf: other.remotesOf.bind(other),
    removeElsewhere: other.removeElsewhere.bind(other),
  };
}
