import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { expect, test } from "vitest";
import { RecorderError } from "../../errors.ts";
import { isJobId, type JobId } from "../../ids.ts";
import { testJobs, testKind } from "../../testing/testJobs.ts";

const FILM = testKind([]);

/** A running job and its container. */
async function running(say = "hello") {
  const test = testJobs();
  await test.jobs.start();
  const { id } = await test.jobs.queue(FILM, { callId: test.callId, order: { say } });
  await test.clock.pass(100);
  return { ...test, id: id as JobId, state: () => test.jobs.book.get(id as JobId).state };
}

test("a job runs its command in a container without network and with low CPU priority", async () => {
  const { engine, id, state, callId } = await running();

  expect(isJobId(id)).toBe(true);
  expect(state()).toBe("running");
  expect(engine.started).toHaveLength(1);
  expect(engine.started[0]).toMatchObject({
    name: `test-job-${id}-1`,
    command: ["compose", "hello"],
    labels: {
      "io.skyway-call-recorder.role": "job",
      "io.skyway-call-recorder.job-id": id,
      "io.skyway-call-recorder.call-id": callId,
    },
    network: undefined,
    cpuShares: 128,
  });
});

test("a job is done when its container succeeds, and reports its progress before", async () => {
  const { engine, clock, jobs, id, state, files } = await running();
  const reported: number[] = [];
  jobs.book.on("change", ({ progress }) => reported.push(progress));
  engine.say(engine.last, "20");
  await clock.pass(100);
  engine.say(engine.last, "10");
  engine.say(engine.last, "60.5");
  await clock.pass(100);
  engine.end(engine.last, 0);
  await clock.pass(100);

  expect(state()).toBe("done");
  expect(reported).toEqual([20, 60, 100]);
  expect(engine.containers.size).toBe(0);
  expect(JSON.parse(files.files.get(id) ?? "")).toMatchObject({ state: "done", attempts: 1, order: { say: "hello" } });
});

test("a failed attempt is retried after growing pauses, up to the limit", async () => {
  const { engine, clock, jobs, id, state, cleaned } = await running();
  engine.end(engine.last, 1, "ffmpeg: no");
  await clock.pass(500);
  expect(jobs.book.view(jobs.book.get(id))).toMatchObject({
    state: "queued",
    attempts: 1,
    error: { code: "JOB_FAILED" },
  });
  await clock.pass(2_000);
  expect(state()).toBe("running");
  engine.end(engine.last, 1);
  await clock.pass(2_000);
  expect(state()).toBe("queued");
  await clock.pass(4_000);
  engine.end(engine.last, 137, "killed");
  await clock.pass(500);

  expect(jobs.book.get(id)).toMatchObject({ state: "failed", attempts: 3, error: { code: "JOB_FAILED" } });
  expect(engine.started.map(({ name }) => name.at(-1))).toEqual(["1", "2", "3"]);
  expect(cleaned).toEqual(["hello"]);
  expect(engine.containers.size).toBe(0);
});

test("a permanent error is not retried", async () => {
  const { jobs, engine, clock, callId } = testJobs();
  engine.trouble = new RecorderError("IMAGE_MISSING");
  await jobs.start();
  const { id } = await jobs.queue(FILM, { callId, order: { say: "x" } });
  await clock.pass(100);

  expect(jobs.book.get(id as JobId)).toMatchObject({ state: "failed", error: { code: "IMAGE_MISSING" } });
});

test("a cancelled job leaves no container and no files, and can be queued again", async () => {
  const { engine, clock, jobs, id, state, cleaned } = await running();
  expect((await jobs.cancel(id)).state).toBe("cancelled");
  expect(engine.containers.size).toBe(0);
  expect(cleaned).toEqual(["hello"]);
  await expect(jobs.cancel(id)).rejects.toMatchObject({ code: "JOB_STATE" });

  await jobs.retry(id);
  await clock.pass(100);
  expect(state()).toBe("running");
  expect(engine.containers.size).toBe(1);
});

test("a queued job can be cancelled", async () => {
  const { jobs, callId, cleaned } = testJobs();
  const { id } = await jobs.queue(FILM, { callId, order: { say: "early" } });
  expect((await jobs.cancel(id as JobId)).state).toBe("cancelled");
  expect(cleaned).toEqual(["early"]);
});

test("a restarted orchestrator adopts the container that is still running", async () => {
  const before = await running();
  before.engine.say(before.engine.last, "40");
  const { jobs, engine, clock } = await before.restarted();
  await clock.pass(100);

  expect(engine.started).toHaveLength(1);
  expect(jobs.book.view(jobs.book.get(before.id))).toMatchObject({ state: "running", progress: 40, attempts: 1 });
  engine.end(engine.last, 0);
  await clock.pass(100);
  expect(jobs.book.get(before.id).state).toBe("done");
});

test("a job whose container was lost together with the orchestrator is run again", async () => {
  const before = await running();
  await before.engine.remove(before.engine.last);
  const { jobs, engine, clock } = await before.restarted();
  await clock.pass(100);

  expect(engine.started).toHaveLength(2);
  engine.end(engine.last, 0);
  await clock.pass(100);
  expect(jobs.book.get(before.id)).toMatchObject({ state: "done", attempts: 1 });
});

test("a container without a running job is removed at start", async () => {
  const before = await running();
  before.files.files.clear();
  const { engine } = await before.restarted();
  expect(engine.containers.size).toBe(0);
});

test("jobs wait for other jobs, and while many legs are being recorded", async () => {
  const { jobs, engine, clock, callId, recording } = testJobs();
  recording.legs = 3;
  await jobs.start();
  for (const say of ["one", "two"]) {
    await jobs.queue(FILM, { callId, subject: say, order: { say } });
    await clock.pass(10);
  }
  await clock.pass(3_000, 1_000);
  expect(engine.started).toHaveLength(0);

  recording.legs = 2;
  await clock.pass(1_500, 100);
  expect(engine.started.map(({ command }) => command[1])).toEqual(["one"]);
  engine.end(engine.last, 0);
  await clock.pass(100);
  expect(engine.started.map(({ command }) => command[1])).toEqual(["one", "two"]);
});

test("queueing a job for the same subject returns the active one", async () => {
  const { jobs, callId } = testJobs();
  const one = await jobs.queue(FILM, { callId, order: { say: "x" } });
  expect((await jobs.queue(FILM, { callId, order: { say: "y" } })).id).toBe(one.id);
  expect((await jobs.queue(FILM, { callId, subject: "other", order: { say: "y" } })).id).not.toBe(one.id);
});

test("a call's jobs are cancelled and removed with the call", async () => {
  const { jobs, engine, files, callId } = await running();
  await jobs.forgetCall(callId);
  expect(engine.containers.size).toBe(0);
  expect(files.files.size).toBe(0);
  expect(jobs.book.all()).toEqual([]);
});

test("ended jobs are removed after some days", async () => {
  const { jobs, engine, clock, files, id } = await running();
  engine.end(engine.last, 0);
  await clock.pass(100);
  await clock.pass(25 * 3_600_000, 3_600_000);
  expect(jobs.book.find(id)).toBeUndefined();
  expect(files.files.size).toBe(0);
});

test("a job that takes longer than its time limit fails, leaves no container, and the next one starts", async () => {
  const { jobs, engine, clock, callId } = testJobs();
  jobs.register({ ...testKind([], "heavy", 50.4), name: "endless" });
  await jobs.start();
  const { id } = await jobs.queue({ name: "endless" }, { callId, order: { say: "hello" } });
  // Jobs of the same millisecond have no order.
  await clock.pass(100);
  const next = await jobs.queue(FILM, { callId, order: { say: "next" } });
  const states = () => [id, next.id].map((one) => jobs.book.get(one as JobId).state);
  await waitFor("the job is ended", async () => {
    await clock.pass(1_000);
    return states()[0] === "failed";
  });
  expect(jobs.book.view(jobs.book.get(id as JobId))).toMatchObject({ error: { code: "JOB_TOO_LONG" } });
  await clock.pass(2_000);
  expect(states()[1]).toBe("running");
  expect(engine.removed).toEqual([`test-job-${id}-1`]);
});
