import { expect, test } from "vitest";
import { sequenceDistance, timestampDistance } from "./arithmetic.ts";
import { framesOf, SimulatedCall, START_MS } from "./simulatedCall.ts";

const CLEAN = { loss: 0, delayMs: 20 };
const NEW = "192.0.2.2";
const TO = { video: { host: NEW, port: 5000 }, audio: { host: NEW, port: 5002 } };

/** A call whose recorder is lost after 30 s and replaced within two more seconds. */
function takenOver(path: { loss: number; delayMs: number } = CLEAN) {
  const call = new SimulatedCall(path);
  call.start();
  call.run(31_000);
  call.receiver.redirect({}, {}, call.nowMs);
  const heldAt = { video: call.forwarded.video.length, audio: call.forwarded.audio.length };
  call.run(1_000);
  expect({ video: call.forwarded.video.length, audio: call.forwarded.audio.length }).toEqual(heldAt);
  const clockBefore = call.receiver.clockOf(call.track("video"));
  call.receiver.redirect(TO, TO, call.nowMs);
  call.run(6_000);
  call.isSending = { video: false, audio: false };
  call.path = CLEAN;
  call.run(500);
  const of = (kind: "video" | "audio", isNew: boolean) =>
    call.forwarded[kind].filter(({ host }) => (host === NEW) === isNew);
  return { call, clockBefore, of };
}

test("a recorder that takes over receives the last seconds again, and everything after them, without a gap", () => {
  for (const path of [CLEAN, { loss: 0.05, delayMs: 50 }]) {
    const { call, of } = takenOver(path);
    const lostAt = 30_000;
    for (const kind of ["video", "audio"] as const) {
      const got = of(kind, true);
      const sent = call[kind].frames;
      const from = sent.indexOf(framesOf(got)[0] ?? -1);
      const msPerFrame = kind === "video" ? 100 / 3 : 20;
      expect(from * msPerFrame).toBeLessThan(lostAt - 1_000);
      expect(from * msPerFrame).toBeGreaterThan(4_000); // and not all of it
      expect(framesOf(got)).toEqual(sent.slice(from, from + framesOf(got).length));
      expect(sent.length - from - framesOf(got).length).toBeLessThanOrEqual(1);
      got.forEach(({ sequence }, index) => {
        const before = got[index - 1];
        if (before) expect(sequenceDistance(before.sequence, sequence)).toBe(1);
      });
    }
  }
});

test("the clock refers to the new start, and both tracks start close together", () => {
  const { call, clockBefore, of } = takenOver();
  const video = call.receiver.clockOf(call.track("video"));
  const audio = call.receiver.clockOf(call.track("audio"));
  expect(clockBefore?.firstUnixMs).toBeLessThan(START_MS + 200);
  expect(video?.firstRtpTimestamp).toBe(of("video", true)[0]?.timestamp);
  expect(audio?.firstRtpTimestamp).toBe(of("audio", true)[0]?.timestamp);
  const units = timestampDistance(clockBefore?.firstRtpTimestamp ?? 0, video?.firstRtpTimestamp ?? 0);
  const seconds = units / 90_000;
  expect((video?.firstUnixMs ?? 0) - (clockBefore?.firstUnixMs ?? 0)).toBeCloseTo(seconds * 1000, -1);
  expect(Math.abs((video?.firstUnixMs ?? 0) - (audio?.firstUnixMs ?? 0))).toBeLessThan(600);
});

test("the replay does not overflow the new recorder's socket", () => {
  const { of } = takenOver();
  const perMs = new Map<number, number>();
  for (const { atMs } of of("video", true)) perMs.set(atMs, (perMs.get(atMs) ?? 0) + 1);
  expect(Math.max(...perMs.values())).toBeLessThan(50);
});

test("the previous recorder receives nothing more, not even BYE; the new one receives one BYE per track", async () => {
  const { call } = takenOver();
  const before = call.rtcp.length;
  await call.finish();
  const byes = call.rtcp.slice(before).map(({ port }) => port);
  expect(byes.sort()).toEqual([5000, 5002]);
});

test("keyframes arrive often enough for a takeover", () => {
  const call = new SimulatedCall(CLEAN);
  call.start();
  call.run(60_000);
  expect(call.keyframeRequests.length).toBeGreaterThanOrEqual(6);
  expect(call.keyframeRequests.length).toBeLessThanOrEqual(9);
  call.isSending.video = false;
  const asked = call.keyframeRequests.length;
  call.run(30_000);
  expect(call.keyframeRequests.length - asked).toBeLessThanOrEqual(1);
});
