import { expect, test } from "vitest";
import { RecorderError } from "../../errors.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { Sweeper } from "./sweeper.ts";

test("a container is removed as soon as an unreachable engine is back", async () => {
  const clock = new ManualClock();
  const removed: string[] = [];
  let away = true;
  const sweeper = new Sweeper(
    {
      async remove(id) {
        if (away) throw new RecorderError("DOCKER_UNREACHABLE");
        removed.push(id);
      },
    },
    clock,
  );
  sweeper.sweep("one");
  let isIdle = false;
  void sweeper.idle().then(() => {
    isIdle = true;
  });
  await clock.pass(5_000);
  expect([removed, isIdle]).toEqual([[], false]);
  away = false;
  await clock.pass(1_000);
  expect([removed, isIdle]).toEqual([["one"], true]);
});

test("a container whose removal the engine refuses is left", async () => {
  const sweeper = new Sweeper(
    { remove: () => Promise.reject(new RecorderError("DOCKER_FORBIDDEN")) },
    new ManualClock(),
  );
  sweeper.sweep("one");
  await sweeper.idle();
});
