import { expect, test } from "vitest";
import { refusedMedia } from "./refusal.ts";

test.each([
  ["ffmpeg's error soon after the start", 234, 3_000, true],
  ["ffmpeg's error after a while: the next recorder may do better", 234, 60_000, false],
  ["a proper end", 0, 3_000, false],
  ["a kill", 137, 3_000, false],
  ["a crash", 139, 3_000, false],
  ["a full volume", 228, 3_000, false],
  ["a removed container", undefined, 3_000, false],
])("%s", (_, exitCode, ranMs, refused) => {
  expect(refusedMedia(exitCode, ranMs)).toBe(refused);
});
