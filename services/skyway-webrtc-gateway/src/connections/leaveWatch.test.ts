import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { expect, test } from "vitest";
import { noCounts } from "../rtp/counters.ts";
import {
  AUDIO_STOPPED_AFTER_MS,
  LEAVE_WATCH_MS,
  MEDIA_STOPPED_AFTER_MS,
  stoppedAfter,
  watchAfterLeave,
} from "./leaveWatch.ts";

/** A peer leaves at 0. Its last packet arrives at `lastPacketMs`. */
function leave(lastPacketMs: number) {
  const clock = new ManualClock();
  let goneAt: number | undefined;
  const flowing = (withinMs: number) => clock.now() - lastPacketMs < withinMs;
  const stop = watchAfterLeave(flowing, MEDIA_STOPPED_AFTER_MS, () => (goneAt = clock.now()), clock);
  return { clock, stop, goneAt: () => goneAt };
}

test("a peer whose media has stopped is gone immediately", () => {
  expect(leave(-MEDIA_STOPPED_AFTER_MS).goneAt()).toBe(0);
});

test("a peer whose media stops together with its signalling is gone after the silence limit", () => {
  const { clock, goneAt } = leave(0);
  clock.advance(MEDIA_STOPPED_AFTER_MS);
  expect(goneAt()).toBe(MEDIA_STOPPED_AFTER_MS);
});

test("a peer whose media continues has only lost signalling, even if its media stops later", () => {
  const { clock, goneAt } = leave(LEAVE_WATCH_MS);
  clock.advance(10 * LEAVE_WATCH_MS);
  expect(goneAt()).toBeUndefined();
});

test("a stopped watch reports nothing", () => {
  const { clock, stop, goneAt } = leave(0);
  clock.advance(500);
  stop();
  clock.advance(LEAVE_WATCH_MS);
  expect(goneAt()).toBeUndefined();
});

const track = (kind: "audio" | "video", lastPacketUnixMs: number | null) => ({
  kind,
  counters: { ...noCounts(), lastPacketUnixMs },
});

test("with audio until the end, a short silence is enough", () => {
  expect(stoppedAfter([track("audio", 10_000)])).toBe(AUDIO_STOPPED_AFTER_MS);
  expect(stoppedAfter([track("audio", 9_800), track("video", 10_000)])).toBe(AUDIO_STOPPED_AFTER_MS);
});

test("without audio, video frames may be one second apart", () => {
  expect(stoppedAfter([track("video", 10_000)])).toBe(MEDIA_STOPPED_AFTER_MS);
  expect(stoppedAfter([track("audio", null), track("video", 10_000)])).toBe(MEDIA_STOPPED_AFTER_MS);
  expect(stoppedAfter([track("audio", 9_000), track("video", 10_000)])).toBe(MEDIA_STOPPED_AFTER_MS);
});
