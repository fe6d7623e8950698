import { describe, expect, it } from "vitest";
import { timestampDistance } from "./arithmetic.ts";
import { type Received, SimulatedCall, START_MS } from "./simulatedCall.ts";

const CLEAN = { loss: 0, delayMs: 20 };
const HOUR_MS = 3_600_000;

/** A call of which one track sends nothing for `hours`, then 10 s more. The other track goes on until it pauses. */
function paused(kind: "audio" | "video", hours: number, countGoesOn: boolean) {
  const call = new SimulatedCall(CLEAN);
  const [sender, everyMs, count] = kind === "audio" ? [call.audio, 20, 1] : [call.video, 100 / 3, 4];
  call.receiver.start(call.nowMs);
  call.every(50, () => call.receiver.tick(call.nowMs));
  let isSending = true;
  let pauseMs = 0;
  call.every(everyMs, () => {
    if (!isSending) return;
    for (const packet of sender.frame(everyMs + pauseMs, count, call.nowMs)) call.toReceiver(packet);
    pauseMs = 0;
  });
  call.run(10_000);
  isSending = false;
  const perTick: number[] = [];
  const watch = () => {
    const before = call.forwarded[kind].length;
    call.run(HOUR_MS / 60);
    perTick.push(call.forwarded[kind].length - before);
  };
  for (let minute = 0; minute < hours * 60; minute++) watch();
  const before = call.forwarded[kind].length;
  isSending = true;
  pauseMs = countGoesOn ? hours * HOUR_MS : 0;
  if (kind === "video") sender.keyframeWanted = true;
  call.run(10_000);
  isSending = false;
  call.run(3_000);
  return { call, packets: call.forwarded[kind], perMinute: perTick, atReturn: before };
}

/** The sum of all steps between packets, without the wrap of timestamps, and the shortest and longest step. */
function stepsMs(packets: readonly Received[], unitsPerMs: number) {
  let lengthMs = 0;
  let shortestMs = Number.POSITIVE_INFINITY;
  let longestMs = 0;
  packets.forEach(({ timestamp }, index) => {
    const before = packets[index - 1];
    if (before === undefined) return;
    const ms = timestampDistance(before.timestamp, timestamp) / unitsPerMs;
    lengthMs += ms;
    shortestMs = Math.min(shortestMs, ms);
    longestMs = Math.max(longestMs, ms);
  });
  return { lengthMs, shortestMs, longestMs };
}

describe.each([
  ["3 hours, whose count stops", 3, false],
  ["13 hours, whose count stops", 13, false],
  ["13 hours, whose count goes on", 13, true],
])("a microphone that is away for %s", (_, hours, countGoesOn) => {
  it("leaves silence of the same length, made bit by bit, and timestamps never go back", () => {
    const { packets, perMinute, atReturn } = paused("audio", hours, countGoesOn);
    const { lengthMs, shortestMs, longestMs } = stepsMs(packets, 48);
    expect(Math.abs(lengthMs - (hours * HOUR_MS + 20_000))).toBeLessThan(200);
    expect(shortestMs).toBeGreaterThan(0);
    expect(longestMs).toBeLessThanOrEqual(130);
    expect(Math.max(...perMinute)).toBeLessThan(900); // twice what a minute of silence takes, for a late start
    expect(packets.length - atReturn).toBeLessThan(1_000);
  }, 60_000);
});

it.each([
  ["7 hours", 7],
  ["14 hours", 14],
  ["30 hours", 30],
])("a camera that is away for %s is back after as long, not before its pause", (_, hours) => {
  const { call, packets, atReturn } = paused("video", hours, true);
  const clock = call.receiver.clockOf(call.track("video"));
  // Recorders add up the steps between packets.
  const { lengthMs, shortestMs, longestMs } = stepsMs(packets, 90);
  expect(longestMs).toBeLessThanOrEqual(HOUR_MS + 60_000);
  expect(Math.abs(lengthMs - (hours * HOUR_MS + 20_000))).toBeLessThan(200);
  expect(shortestMs).toBeGreaterThanOrEqual(0);
  expect(Math.abs((clock?.firstUnixMs ?? 0) - START_MS)).toBeLessThan(100);
  expect(packets.length - atReturn).toBeGreaterThan(1_150);
});
