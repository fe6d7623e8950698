import { expect, test } from "vitest";
import { newLegId, recorderIdOf } from "../../ids.ts";
import { portsOf } from "./ports.ts";

const someRecorder = () => recorderIdOf(newLegId(new Date()), 1);

test("a recorder has the same ports whoever asks, and another one has others", () => {
  const recorders = Array.from({ length: 100 }, someRecorder);
  const ports = recorders.map(portsOf);
  expect(recorders.map(portsOf)).toEqual(ports);
  // Of a hundred recorders at once, some two pairs have theirs in common by chance; their addresses are different.
  expect(new Set(ports.map(({ video }) => video)).size).toBeGreaterThan(90);
});

test("RTP has even ports, and each its RTCP port for itself", () => {
  for (const { video, audio } of Array.from({ length: 1_000 }, someRecorder).map(portsOf)) {
    expect([video % 2, audio % 2]).toEqual([0, 0]);
    expect(new Set([video, video + 1, audio, audio + 1]).size).toBe(4);
    expect(Math.min(video, audio)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(video, audio)).toBeLessThan(60_000);
  }
});
