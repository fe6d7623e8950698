import { expect, test } from "vitest";
import { HeldMemory } from "./heldMemory.ts";
import { MAX_REPLAY_BYTES, Replay } from "./replay.ts";

const packet = (bytes = 1_000) => Buffer.alloc(bytes);

/** Video with regular keyframes, 30 packets per second. Returns their number. */
function remember(replay: Replay, fromMs: number, toMs: number, keyframeEveryMs: number, bytes?: number): number {
  const frames = Math.round((30 * (toMs - fromMs)) / 1000);
  for (let frame = 0; frame < frames; frame += 1) {
    const ms = fromMs + (frame * 100) / 3;
    replay.remember(packet(bytes), ms * 90, Math.floor(ms % keyframeEveryMs) < 33, ms);
  }
  return frames;
}

test("keeps the last fifteen seconds, from a keyframe on", () => {
  const replay = new Replay();
  remember(replay, 0, 40_000, 2_000);

  const kept = replay.from();

  expect(kept?.fromMs).toBeCloseTo(24_000, -2);
  expect(kept?.firstTimestamp).toBe((kept?.fromMs ?? 0) * 90);
  expect(Math.abs((kept?.packets.length ?? 0) - 480)).toBeLessThanOrEqual(1);
  expect(replay.newestStartMs).toBeCloseTo(38_000, -2);
});

test("starts as late as possible if less is needed", () => {
  const replay = new Replay();
  remember(replay, 0, 40_000, 2_000);
  expect(replay.from(37_000)?.fromMs).toBeCloseTo(36_000, -2);
  expect(replay.from(1_000)?.fromMs).toBeCloseTo(24_000, -2);
});

test("does not drop packets by age while it is paused", () => {
  const replay = new Replay();
  remember(replay, 0, 6_000, 2_000);
  replay.isPaused = true;
  remember(replay, 6_000, 20_000, 2_000);
  expect(replay.from()?.fromMs).toBeLessThan(2_100);
});

test("never exceeds its memory limit, even without keyframes", () => {
  const replay = new Replay();
  replay.isPaused = true;
  remember(replay, 0, 600_000, 1e9, 1_200);
  const bytes = replay.from()?.packets.reduce((sum, { length }) => sum + length, 0) ?? 0;
  expect(bytes).toBeLessThanOrEqual(MAX_REPLAY_BYTES);
});

test("is empty before the first keyframe", () => {
  const replay = new Replay();
  replay.remember(packet(), 0, false, 0);
  expect(replay.from()).toBeUndefined();
  expect(replay.newestStartMs).toBeUndefined();
});

test("while the memory of all calls is full, drops as much as it adds, and tells", () => {
  const held = new HeldMemory(1_000_000);
  let dropped = 0;
  const [one, other] = [0, 1].map(
    () =>
      new Replay((packets) => {
        dropped += packets;
      }, held),
  ) as [Replay, Replay];
  one.isPaused = true;
  other.isPaused = true;
  const first = remember(one, 0, 20_000, 1_000);
  expect(held.bytes).toBe(first * 1_000);
  const second = remember(other, 0, 60_000, 1_000);
  expect(held.bytes).toBeLessThanOrEqual(1_001_000);
  expect(held.bytes).toBeGreaterThan(900_000);
  const kept = [one, other].map((replay) => replay.from()?.packets.length ?? 0);
  expect(kept[0]).toBe(first);
  expect(dropped).toBe(second - (kept[1] ?? 0));
  expect(held.bytes).toBe(0); // all of it is sent
});

test("media that is held until its track ends is dropped, and its memory is free", () => {
  const held = new HeldMemory();
  let dropped = 0;
  const replay = new Replay((packets) => {
    dropped += packets;
  }, held);
  remember(replay, 0, 1_000, 1_000);
  replay.isPaused = true;
  const unsent = remember(replay, 1_000, 2_000, 1_000);
  expect(held.bytes).toBe(unsent * 1_000);
  replay.clear();
  expect(held.bytes).toBe(0);
  expect(dropped).toBe(unsent);
});
