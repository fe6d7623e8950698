import { expect, test } from "vitest";
import type { MediaConnectionId, PeerId } from "../../ids.ts";
import { FakeGateway } from "../../testing/fakeGateway.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { testRooms } from "../../testing/testLeg.ts";

test("failed manifest writes, and only those, are retried when the volume is usable again", async () => {
  const { calls, library } = testRooms(new FakeGateway(), new ManualClock());
  const ringing = (id: string) => ({
    peerId: "alice",
    recorderPeerId: "TestRecorder" as PeerId,
    mediaConnectionId: id as MediaConnectionId,
    metadata: undefined,
  });
  await calls.ring(ringing("mc_1"));
  library.trouble = new Error("EROFS: read-only file system");
  const { callId } = await calls.ring(ringing("mc_2"));
  expect(library.written).toHaveLength(1);
  await expect(calls.catchUp()).rejects.toThrow("EROFS");

  library.trouble = undefined;
  await calls.catchUp();
  expect(library.written.map(({ id }) => id).slice(1)).toEqual([callId]);
  await calls.catchUp();
  expect(library.written).toHaveLength(2);
});
