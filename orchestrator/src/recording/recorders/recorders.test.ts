import { availableParallelism } from "node:os";
import { expect, test, vi } from "vitest";
import { RecorderError } from "../../errors.ts";
import { newCallId, newLegId, recorderIdOf } from "../../ids.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import type { Engine } from "../engine/engine.ts";
import { USUAL_CODECS } from "./codecs.ts";
import type { AssemblyOrder } from "./commands.ts";
import { type RecorderOwner, Recorders } from "./recorders.ts";

function recordersOn(engine: object, steps: string[], limit = 1): { recorders: Recorders; clock: ManualClock } {
  const clock = new ManualClock();
  const recorders = new Recorders(
    {
      remove: async (id: string) => void steps.push(`removed ${id}`),
      running: async () => [],
      address: async () => "192.0.2.1",
      ...engine,
    } as unknown as Engine,
    {
      ...{ project: "test", image: "recorder", network: "recorders", recordings: { type: "volume", source: "r" } },
      ...{ maxConcurrentRecorders: limit, memoryMebibytes: 256, cpus: 1 },
    },
    clock,
    { leaveOrder: async () => undefined, clear: async (recorderId) => void steps.push(`cleared ${recorderId}`) },
  );
  return { recorders, clock };
}

function someone() {
  const now = new Date();
  const [callId, legId] = [newCallId(now), newLegId(now)];
  return { callId, legId, recorderId: recorderIdOf(legId, 1) };
}

const orderOf = (owner: RecorderOwner): AssemblyOrder => ({
  ...owner,
  ...{ format: "webm", tracks: "joined", transcode: "none", parts: [], title: "", startedAt: new Date() },
});

test("a recorder that does not open its ports leaves no container and no file, and does not count towards the limit", async () => {
  const steps: string[] = [];
  const { recorders } = recordersOn(
    {
      start: async () => "container",
      async *lines() {},
      output: async () => ({ stdout: "", stderr: "record: a port could not be bound" }),
    },
    steps,
  );
  const owner = someone();

  await expect(recorders.take({ ...owner, codecs: USUAL_CODECS })).rejects.toMatchObject({
    code: "RECORDER_NOT_BOUND",
  });
  await recorders.swept();
  expect(steps).toEqual(["removed container", `cleared ${owner.recorderId}`]);
  expect(recorders.running).toBe(0);
});

test("a slot that was kept for a recorder counts, until it is started or released", async () => {
  const { recorders } = recordersOn({ start: () => Promise.reject(new RecorderError("DOCKER_UNREACHABLE")) }, []);
  const [one, other] = [someone(), someone()];
  await recorders.reserve(one.recorderId);
  await expect(recorders.reserve(other.recorderId)).rejects.toMatchObject({ code: "TOO_MANY_RECORDERS" });
  recorders.release(one.recorderId);
  await recorders.reserve(other.recorderId);
  const taken = recorders.take({ ...other, codecs: USUAL_CODECS });
  await expect(taken, "its own slot does not refuse it").rejects.toMatchObject({ code: "DOCKER_UNREACHABLE" });
  expect(recorders.running).toBe(0);
});

test("few recorders start at the same time; one that takes a call over does not wait for them", async () => {
  const started: string[] = [];
  const start = ({ name }: { name: string }) => {
    started.push(name);
    return new Promise(() => undefined);
  };
  const { recorders } = recordersOn({ start }, [], 100);
  const most = 2 * availableParallelism();
  const many = Array.from({ length: most + 3 }, someone);
  for (const owner of many) void recorders.take({ ...owner, codecs: USUAL_CODECS });
  await vi.waitFor(() => expect(started).toHaveLength(most));
  expect(recorders.waiting).toBe(3);
  void recorders.take({ ...someone(), codecs: USUAL_CODECS, isSuccessor: true });
  await vi.waitFor(() => expect(started).toHaveLength(most + 1));
});

test("a recorder is removed even if the engine reported that it was not started", async () => {
  const steps: string[] = [];
  const { recorders } = recordersOn({ start: () => Promise.reject(new RecorderError("DOCKER_UNREACHABLE")) }, steps);
  const owner = someone();

  await expect(recorders.take({ ...owner, codecs: USUAL_CODECS })).rejects.toMatchObject({
    code: "DOCKER_UNREACHABLE",
  });
  await recorders.swept();
  expect(steps).toEqual([`removed test-recorder-${owner.recorderId}`, `cleared ${owner.recorderId}`]);
  expect(recorders.running).toBe(0);
});

test("an assembler whose start failed is removed before the next one starts", async () => {
  const steps: string[] = [];
  let isAway = true;
  const { recorders } = recordersOn(
    {
      async start({ name }: { name: string }) {
        if (isAway) throw new RecorderError("DOCKER_UNREACHABLE");
        steps.push(`started ${name}`);
        return "container";
      },
      exited: async () => 3,
      output: async () => ({ stdout: "", stderr: "" }),
    },
    steps,
  );
  const owner = someone();
  const order = orderOf(owner);

  await expect(recorders.assemble(order)).rejects.toMatchObject({ code: "DOCKER_UNREACHABLE" });
  isAway = false;
  await recorders.assemble(order);
  await recorders.swept();
  const name = `test-assembler-${owner.recorderId}`;
  expect(steps).toEqual([`removed ${name}`, `started ${name}`, "removed container"]);
});

test("a slot is free as soon as the engine runs no recorder, although the end was never noticed", async () => {
  const { recorders } = recordersOn(
    {
      start: async () => "container",
      inspect: async () => ({ running: true }),
      async *lines() {
        yield '{"event":"bound"}';
        await new Promise(() => undefined);
      },
      exited: () => new Promise(() => undefined),
    },
    [],
  );
  await recorders.take({ ...someone(), codecs: USUAL_CODECS });
  expect(recorders.running).toBe(1);
  await recorders.take({ ...someone(), codecs: USUAL_CODECS });
});

test("beyond the limit of recorders that run, a new one is refused", async () => {
  const { recorders } = recordersOn({ running: async () => ["another"] }, []);
  await recorders.watchSlots(new ManualClock(), AbortSignal.timeout(1));
  await expect(recorders.take({ ...someone(), codecs: USUAL_CODECS })).rejects.toMatchObject({
    code: "TOO_MANY_RECORDERS",
  });
});

test("few files are assembled at the same time", async () => {
  const started: string[] = [];
  const start = ({ name }: { name: string }) => {
    started.push(name);
    return new Promise(() => undefined);
  };
  const { recorders } = recordersOn({ start }, []);
  const most = 2 * availableParallelism();
  for (const owner of Array.from({ length: most + 3 }, someone)) void recorders.assemble(orderOf(owner));
  await vi.waitFor(() => expect(started).toHaveLength(most));
  expect(recorders.waitingToAssemble).toBe(3);
});
