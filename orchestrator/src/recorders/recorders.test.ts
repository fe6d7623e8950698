import { expect, test } from "vitest";
import type { Engine } from "../engine/engine.ts";
import { newCallId, newLegId, recorderIdOf } from "../ids.ts";
import { ManualClock } from "../testing/manualClock.ts";
import { USUAL_CODECS } from "./codecs.ts";
import { Recorders } from "./recorders.ts";

test("a recorder that does not open its ports leaves neither a container nor a file, nor takes a place", async () => {
  const steps: string[] = [];
  const engine = {
    start: async () => "container",
    async *lines() {},
    output: async () => ({ stdout: "", stderr: "record: a port could not be bound" }),
    remove: async (id: string) => void steps.push(`removed ${id}`),
  };
  const clock = new ManualClock();
  const [callId, legId] = [newCallId(clock.now()), newLegId(clock.now())];
  const recorders = new Recorders(
    engine as unknown as Engine,
    {
      ...{ project: "test", image: "recorder", network: "recorders", recordings: { type: "volume", source: "r" } },
      ...{ maxConcurrentRecorders: 1, memoryMebibytes: 256, cpus: 1 },
    },
    clock,
    { leaveOrder: async () => undefined, clear: async (recorderId) => void steps.push(`cleared ${recorderId}`) },
  );
  const recorderId = recorderIdOf(legId, 1);

  const taken = recorders.take({ recorderId, callId, legId, codecs: USUAL_CODECS });

  await expect(taken).rejects.toMatchObject({ code: "RECORDER_NOT_BOUND" });
  await recorders.swept();
  expect(steps).toEqual(["removed container", `cleared ${recorderId}`]);
  expect(recorders.running).toBe(0);
});
