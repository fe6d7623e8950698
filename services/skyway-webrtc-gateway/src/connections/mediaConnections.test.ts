import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { expect, test } from "vitest";
import { ENDED_KEPT_MS, MAX_ENDED_KEPT } from "./endedIds.ts";
import type { MediaConnection } from "./mediaConnection.ts";
import { MediaConnections } from "./mediaConnections.ts";

const named = (id: string) => ({ id }) as MediaConnection;

test("an ended call can be found for a while", () => {
  const clock = new ManualClock();
  const connections = new MediaConnections(clock);
  connections.add(named("mc-1"));
  connections.add(named("mc-2"));
  expect(connections.running).toBe(2);
  connections.retire(named("mc-1"));
  expect(connections.running).toBe(1);
  clock.advance(ENDED_KEPT_MS - 1);
  expect(connections.find("mc-1")).toBeDefined();
  clock.advance(1);
  expect(connections.find("mc-1")).toBeUndefined();
  expect(connections.find("mc-2")).toBeDefined();
});

test("after ten thousand calls only a limited number is kept", () => {
  const connections = new MediaConnections(new ManualClock());
  for (let n = 0; n < 10_000; n++) {
    connections.add(named(`mc-${n}`));
    connections.retire(named(`mc-${n}`));
  }
  const kept = Array.from({ length: 10_000 }, (_, n) => n).filter((n) => connections.find(`mc-${n}`));
  expect(kept).toHaveLength(MAX_ENDED_KEPT);
  expect(kept[0]).toBe(10_000 - MAX_ENDED_KEPT);
});
