import { expect, test } from "vitest";
import { newLegId, recorderIdOf } from "../../ids.ts";
import { portsOf } from "./ports.ts";

const someRecorder = () => recorderIdOf(newLegId(new Date()), 1);

test("a recorder always has the same ports, and another one has different ports", () => {
  const recorders = Array.from({ length: 100 }, someRecorder);
  const ports = recorders.map(portsOf);
  expect(recorders.map(portsOf)).toEqual(ports);
  // Among a hundred concurrent recorders, about two pairs share ports by chance; their addresses differ.
  expect(new Set(ports.map(({ video }) => video)).size).toBeGreaterThan(90);
});

test("RTP ports are even, and each has its own RTCP port", () => {
  for (const { video, audio } of Array.from({ length: 1_000 }, someRecorder).map(portsOf)) {
    expect([video % 2, audio % 2]).toEqual([0, 0]);
    expect(new Set([video, video + 1, audio, audio + 1]).size).toBe(4);
    expect(Math.min(video, audio)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(video, audio)).toBeLessThan(60_000);
  }
});
