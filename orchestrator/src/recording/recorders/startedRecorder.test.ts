import { expect, test } from "vitest";
import { newLegId, recorderIdOf } from "../../ids.ts";
import { Slots } from "../../slots.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import type { Engine } from "../engine/engine.ts";
import { redirectTo } from "./redirect.ts";
import { StartedRecorder } from "./startedRecorder.ts";
import { Sweeper } from "./sweeper.ts";

test("a recorder that the engine no longer lists has ended, although its wait and its log hang", async () => {
  let isRunning = true;
  const hang = (signal?: AbortSignal) =>
    new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const engine = {
    exited: (_: string, signal?: AbortSignal) => hang(signal),
    async *lines(_: string, signal: AbortSignal) {
      await hang(signal).catch(() => undefined);
    },
    inspect: async () => ({ running: isRunning, exitCode: 137 }),
  } as unknown as Engine;
  const clock = new ManualClock();
  const services = {
    assemblies: new Slots(1),
    engine,
    clock,
    sweeper: new Sweeper(engine, clock),
    leaveOrder: async () => undefined,
  };
  const recorder = new StartedRecorder(
    services,
    "c1",
    recorderIdOf(newLegId(new Date()), 1),
    redirectTo("192.0.2.1", 20_000),
  );
  let exitCode: number | undefined;
  void recorder.exit.then((code) => {
    exitCode = code;
  });

  recorder.hasPerhapsEnded();
  await clock.pass(5_000);
  expect(exitCode).toBeUndefined();

  isRunning = false;
  recorder.hasPerhapsEnded();
  await clock.pass(100);
  expect(exitCode).toBe(137);
  await recorder.recorded;
});
