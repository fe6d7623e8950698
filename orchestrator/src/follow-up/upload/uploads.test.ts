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
let setup: TestJobs;
let library: Library;
let calls: CallBook;
let uploads: Uploads;
let published: WebhookEvent[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "uploads-"));
  library = new Library(new Paths(root), pino({ level: "silent" }));
  published = [];
  setup = testJobs();
  await begin();
});
afterEach(async () => {
  await setup.jobs.close();
  await rm(root, { recursive: true });
});

/** Records published events, like webhooks do. */
const webhooks = {
  publish: async (_: CallId, event: WebhookEvent) => void published.push(event),
  async *messages() {
    const timestamp = setup.clock.now().toISOString();
    yield* published.map(({ type, data }) => ({ id: "msg", type, timestamp, data, deliveries: [] }));
  },
};

/** A restarted orchestrator on the same volume. */
async function begin(): Promise<void> {
  const log = pino({ level: "silent" });
  const { jobs, clock } = setup;
  calls = new CallBook(library, clock);
  uploads = new Uploads(SETTINGS, { calls, clock, jobs, log, paths: library.paths, webhooks });
  await jobs.start();
  await uploads.start();
}

async function until(what: string, isSo: () => boolean | Promise<boolean>, stepMs = SECOND_MS): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
    await setup.clock.pass(stepMs, stepMs);
    await delay(5);
  }
}

/** Files that are older than the test clock's current time. */
async function keep(id: CallId, name: string, text: string): Promise<void> {
  const path = join(library.paths.call(id), name);
  await mkdir(library.paths.call(id), { recursive: true });
  await writeFile(path, text);
  await age(path);
}

async function age(path: string): Promise<void> {
  const at = new Date(setup.clock.now().getTime() - SECOND_MS);
  await utimes(path, at, at);
}

/** A call whose files are on the volume when it ends. */
async function call(leg: ManifestLeg = readyLeg(setup.clock.now())): Promise<CallId> {
  const id = newCallId(setup.clock.now());
  await keep(id, `${leg.id}.webm`, "EBML");
  calls.adopt(manifestOf(id, setup.clock.now(), leg));
  await calls.record(id, leg);
  await age(library.paths.manifest(id));
  return id;
}

const started = (count: number) => until(`${count} uploaders`, () => setup.engine.started.length >= count);
const isSafe = (id: CallId) => uploads.isSafe({ id });

async function uploadOnce(id: CallId): Promise<void> {
  await started(1);
  setup.engine.say(setup.engine.last, VERIFIED);
  setup.engine.end(setup.engine.last, 0);
  await until("it is safe", () => isSafe(id));
}

describe("a call that has ended", () => {
  test("is uploaded, and is safe after verification", async () => {
    const id = await call();
    await started(1);
    const [spec] = setup.engine.started;
    expect(spec).toMatchObject({ image: "uploader", network: "storage", configuration: "rclone" });
    expect(spec?.command).toEqual(["upload", "s3:bucket", library.paths.callName(id)]);
    expect(await isSafe(id)).toBe(false);
    await uploadOnce(id);
    await until("the event is published", () => published.length > 0);
    expect(published).toMatchObject([{ type: "upload.done", data: { callId: id, remote: "s3:bucket/", files: 2 } }]);
  });

  test("is not uploaded while a leg is running", async () => {
    await call(recordingLeg(setup.clock.now()));
    await setup.clock.pass(30 * SECOND_MS, SECOND_MS);
    expect(setup.engine.started).toEqual([]);
  });

  test("has its audio segments uploaded while it is running", async () => {
    const id = await call(recordingLeg(setup.clock.now()));
    setup.jobs.register({ ...testKind([], "light"), name: "live" });
    const stream = await setup.jobs.queue({ name: "live" }, { callId: id, order: { say: "" } });
    await started(1);
    const audio = { per: "leg", format: "opus", segmentSeconds: 5 } as const;
    const live = { outputs: ["audio" as const], startedAt: setup.clock.now().toISOString(), endedAt: null, audio };
    await calls.recordLive(id, live);
    await calls.recordLive(id, live);
    await started(2);
    const [, spec] = setup.engine.started;
    expect(spec?.command).toEqual(["follow", "s3:bucket", library.paths.callName(id), stream.id]);
    expect(spec).toMatchObject({ image: "uploader", network: "storage" });
    setup.engine.say(setup.engine.last, FOLLOWED);
    setup.engine.end(setup.engine.last, 0);
    await setup.clock.pass(30 * SECOND_MS, SECOND_MS);
    expect(setup.engine.started).toHaveLength(2);
  });

  test("is not safe after a file changed, and is uploaded again when another job ends", async () => {
    const id = await call();
    await uploadOnce(id);
    const verifiedAt = expect.any(String);
    expect(await uploads.look(id)).toEqual({ remote: "s3:bucket/", verifiedAt, isWhole: true });
    await keep(id, "film.webm", "EBML");
    expect(await isSafe(id)).toBe(false);
    expect(await uploads.look(id)).toEqual({ remote: "s3:bucket/", verifiedAt, isWhole: false });
    await setup.jobs.queue({ name: "film" }, { callId: id, order: { say: "film" } });
    await started(2);
    setup.engine.end(setup.engine.last, 0);
    await started(3);
    expect(setup.engine.started[2]?.command[0]).toBe("upload");
  });

  test("during the downtime is uploaded at the next start", async () => {
    const id = newCallId(setup.clock.now());
    const leg = readyLeg(setup.clock.now());
    await keep(id, `${leg.id}.webm`, "EBML");
    await library.writeManifest(manifestOf(id, setup.clock.now(), leg));
    await uploads.start();
    await started(1);
    expect(setup.engine.started[0]?.command).toContain(library.paths.callName(id));
  });

  test("is retried if its uploader was killed or found a difference", async () => {
    const id = await call();
    await started(1);
    setup.engine.end(setup.engine.last, 137);
    await started(2);
    setup.engine.say(setup.engine.last, "2026/11/23 17:01:42 Failed to check: 1 differences found");
    setup.engine.end(setup.engine.last, 1);
    await started(3);
    expect(await isSafe(id)).toBe(false);
    setup.engine.say(setup.engine.last, VERIFIED);
    setup.engine.end(setup.engine.last, 0);
    await until("it is safe", () => isSafe(id));
  });

  test("is uploaded to the fallback after repeated failures of the remote", async () => {
    const id = await call();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await until(`attempt ${attempt}`, () => setup.engine.started.length >= attempt, 10 * SECOND_MS);
      setup.engine.end(setup.engine.last, 1);
    }
    await until("the attempt at the fallback", () => setup.engine.started.length === 4, 60 * SECOND_MS);
    expect(setup.engine.started[3]?.command[1]).toBe("sftp:");
    setup.engine.say(setup.engine.last, VERIFIED);
    setup.engine.end(setup.engine.last, 0);
    await until("it is safe", () => isSafe(id));
    await until("the event is published", () => published.length > 0);
    expect(published).toMatchObject([{ type: "upload.done", data: { remote: "sftp:" } }]);
  });

  test("publishes upload.failed if it cannot be uploaded within a day", async () => {
    await call();
    for (let attempt = 1; attempt <= 30; attempt += 1) {
      await until(`attempt ${attempt}`, () => setup.engine.started.length >= attempt, 30 * 60 * SECOND_MS);
      setup.engine.end(setup.engine.last, 1);
    }
    await until("the event is published", () => published.length > 0);
    expect(published).toMatchObject([{ type: "upload.failed", data: { error: { code: "UPLOAD_FAILED" } } }]);
  });
});

test("a removed call is removed from all remotes", async () => {
  const id = await call();
  await uploadOnce(id);
  const remotes = await uploads.remotesOf(id);
  await uploads.forget(id);
  expect(await isSafe(id)).toBe(false);
  expect((await uploads.removeElsewhere(id, remotes)).left).toEqual([]);
  await started(3);
  const commands = setup.engine.started.slice(1).map(({ command }) => command);
  expect(commands.toSorted()).toEqual([
    ["remove", "s3:bucket", library.paths.callName(id)],
    ["remove", "sftp:", library.paths.callName(id)],
  ]);
});

test("a call is removed from its remote even if another remote is configured now", async () => {
  const id = await call();
  await uploadOnce(id);
  const { remotesOf } = anotherLife({ ...SETTINGS, remote: "gcs:bucket", fallback: undefined });
  expect(await remotesOf(id)).toEqual(["gcs:bucket", "s3:bucket/"]);
});

test("if uploads are not configured any more, the remotes that keep a call are reported", async () => {
  const id = await call();
  await uploadOnce(id);
  const { remotesOf, removeElsewhere } = anotherLife(undefined);
  expect(await removeElsewhere(id, await remotesOf(id))).toEqual({ jobs: [], left: ["s3:bucket/"] });
});

test("a failure that the previous process did not publish is published once at the next start", async () => {
  await call();
  for (let attempt = 1; attempt <= 30; attempt += 1) {
    await until(`attempt ${attempt}`, () => setup.engine.started.length >= attempt, 30 * 60 * SECOND_MS);
    setup.engine.end(setup.engine.last, 1);
  }
  await until("the event is published", () => published.length > 0);
  published = [];
  await uploads.start();
  expect(published.map(({ type }) => type)).toEqual(["upload.failed"]);
  await uploads.start();
  expect(published).toHaveLength(1);
});

test("remote and fallback alternate after three attempts", () => {
  const turns = [1, 2, 3, 4, 5, 6, 7].map((attempt) => remoteOf(attempt, { remote: "a:", fallback: "b:" }));
  expect(turns).toEqual(["a:", "a:", "a:", "b:", "a:", "b:", "a:"]);
  expect(remoteOf(4, { remote: "a:", fallback: undefined })).toBe("a:");
});

test("without uploads, every call is safe", async () => {
  const { isSafe: isSafeThere, remotesOf, removeElsewhere } = anotherLife(undefined);
  const id = newCallId(setup.clock.now());
  expect(await isSafeThere({ id })).toBe(true);
  expect(await removeElsewhere(id, await remotesOf(id))).toEqual({ jobs: [], left: [] });
});

/** Uploads after a restart with other settings. */
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
