import { expect, test } from "vitest";
import { sequenceDistance, timestampDistance } from "./arithmetic.ts";
import { framesOf, SimulatedCall } from "./simulatedCall.ts";

const CLEAN = { loss: 0, delayMs: 20 };
const NEW = "192.0.2.2";
const TO = { video: { host: NEW, port: 5000 }, audio: { host: NEW, port: 5002 } };
const FORMER_BYES = [5001, 5003];

/** A call that is turned to another recorder after 10 s. */
function turning(path: { loss: number; delayMs: number } = CLEAN, prepare: (call: SimulatedCall) => void = () => {}) {
  const call = new SimulatedCall(path);
  call.start();
  call.run(5_000);
  prepare(call);
  call.run(5_000);
  const seen = { turned: 0, abandoned: 0, clock: call.receiver.clockOf(call.track("video")) };
  const turn = () => {
    const listeners = { turning: () => seen.turned++, abandoned: () => seen.abandoned++ };
    call.receiver.turn({ to: TO, rtcp: TO, ...listeners }, call.nowMs);
  };
  const end = () => {
    call.isSending = { video: false, audio: false };
    call.path = CLEAN;
    call.run(500);
  };
  const of = (kind: "video" | "audio", isNew: boolean) =>
    call.passedOn[kind].filter(({ host }) => (host === NEW) === isNew);
  const byes = (from = 0) =>
    call.rtcp.slice(from).filter(({ packet }) => packet.includes(0xcb) && packet.length === 16);
  return { call, seen, turn, end, of, byes };
}

test("every packet goes to one of both, in order, and who comes second begins with a keyframe", () => {
  for (const path of [CLEAN, { loss: 0.05, delayMs: 50 }]) {
    const { call, seen, turn, end, of, byes } = turning(path);
    const asked = call.keyframeRequests.length;
    turn();
    expect(seen.turned).toBe(0);
    call.run(5_000);
    end();
    expect(seen).toMatchObject({ turned: 1, abandoned: 0 });
    expect(call.keyframeRequests.length).toBeGreaterThan(asked);
    for (const kind of ["video", "audio"] as const) {
      const [first, second] = [of(kind, false), of(kind, true)];
      const together = [...framesOf(first), ...framesOf(second)];
      const { frames } = call[kind];
      expect(together).toEqual(frames.slice(frames.indexOf(together[0] ?? -1)).slice(0, together.length));
      expect(frames.length - together.length).toBeLessThanOrEqual(1);
      expect(second.length).toBeGreaterThan(kind === "video" ? 400 : 200);
      expect(sequenceDistance(first.at(-1)?.sequence ?? 0, second[0]?.sequence ?? 0)).toBe(1);
      expect(call.receiver.clockOf(call.track(kind))?.firstRtpTimestamp).toBe(second[0]?.timestamp);
    }
    expect(
      byes()
        .map(({ port }) => port)
        .sort(),
    ).toEqual(FORMER_BYES);
  }
});

test("the keyframe comes at once, and sound is turned together with it", () => {
  const { call, turn, of } = turning();
  const askedMs = call.nowMs;
  turn();
  call.run(1_000);
  const [video, audio] = [of("video", true)[0], of("audio", true)[0]];
  expect((video?.atMs ?? 0) - askedMs).toBeLessThan(200);
  expect(Math.abs((audio?.atMs ?? 0) - (video?.atMs ?? 0))).toBeLessThan(25);
});

test("video that has stopped is not waited for, and begins with a keyframe when it comes again", () => {
  const { call, seen, turn, of, byes } = turning(CLEAN, (call) => {
    call.isSending.video = false;
  });
  turn();
  expect(seen.turned).toBe(1);
  expect(
    byes()
      .map(({ port }) => port)
      .sort(),
  ).toEqual(FORMER_BYES);
  call.run(1_000);
  expect(of("video", true)).toEqual([]);
  expect(of("audio", true).length).toBeGreaterThan(45);
  call.isSending.video = true;
  call.run(2_000);
  expect(of("video", true).length).toBeGreaterThan(200);
});

test("a sender that sends no keyframe is turned all the same, with its last one again", () => {
  const { call, seen, turn, end, of, byes } = turning();
  Object.defineProperty(call.video, "keyframeWanted", { get: () => false, set: () => {} });
  turn();
  call.run(2_500);
  expect(seen.turned).toBe(0);
  call.run(2_500);
  end();
  expect(seen.turned).toBe(1);
  const frames = call.video.frames;
  const second = framesOf(of("video", true));
  expect(second).toEqual(
    frames.slice(frames.indexOf(second[0] ?? -1), frames.indexOf(second[0] ?? -1) + second.length),
  );
  expect(frames.indexOf(second[0] ?? -1)).toBeLessThan(frames.indexOf(framesOf(of("video", false)).at(-1) ?? -1));
  expect(
    byes()
      .map(({ port }) => port)
      .sort(),
  ).toEqual(FORMER_BYES);
});

test("silence before the turn is silence of the one before, and its own is as long as it was", async () => {
  const { call, turn, of } = turning(CLEAN, (call) => {
    call.isSending.audio = false;
  });
  turn();
  call.run(2_000);
  call.isSending.audio = true;
  call.run(1_000);
  await call.finish();
  const spans = [false, true].map((isNew) => {
    const packets = of("audio", isNew);
    return timestampDistance(packets[0]?.timestamp ?? 0, packets.at(-1)?.timestamp ?? 0) / 48_000;
  });
  expect(spans[0]).toBeGreaterThan(9.7);
  expect(spans[0]).toBeLessThan(10.3);
  expect(spans[1]).toBeGreaterThan(2.7);
  expect(spans[1]).toBeLessThan(3.3);
});

test("the end of the call, and any other redirect, comes before a turn", async () => {
  for (const first of ["end", "redirect"] as const) {
    const { call, seen, turn, of, byes } = turning();
    turn();
    if (first === "redirect") call.receiver.redirect({}, {}, call.nowMs);
    await call.finish();
    expect(seen).toMatchObject({ turned: 0, abandoned: 1 });
    expect(of("video", true)).toEqual([]);
    expect(byes().length).toBe(first === "end" ? 2 : 0);
  }
});
