import { expect, test } from "vitest";
import { sequenceDistance, timestampDistance } from "./arithmetic.ts";
import { framesOf, SimulatedCall } from "./simulatedCall.ts";

const CLEAN = { loss: 0, delayMs: 20 };
const NEW = "192.0.2.2";
const TO = { video: { host: NEW, port: 5000 }, audio: { host: NEW, port: 5002 } };
const PREVIOUS_BYES = [5001, 5003];

/** A call that is redirected seamlessly to another recorder after 10 s. */
function redirectedCall(
  path: { loss: number; delayMs: number } = CLEAN,
  prepare: (call: SimulatedCall) => void = () => {},
) {
  const call = new SimulatedCall(path);
  call.start();
  call.run(5_000);
  prepare(call);
  call.run(5_000);
  const seen = { switched: 0, abandoned: 0, clock: call.receiver.clockOf(call.track("video")) };
  const redirect = () => {
    const listeners = { switching: () => seen.switched++, abandoned: () => seen.abandoned++ };
    call.receiver.redirectSeamlessly({ to: TO, rtcp: TO, ...listeners }, call.nowMs);
  };
  const end = () => {
    call.isSending = { video: false, audio: false };
    call.path = CLEAN;
    call.run(500);
  };
  const of = (kind: "video" | "audio", isNew: boolean) =>
    call.forwarded[kind].filter(({ host }) => (host === NEW) === isNew);
  const byes = (from = 0) =>
    call.rtcp.slice(from).filter(({ packet }) => packet.includes(0xcb) && packet.length === 16);
  return { call, seen, redirect, end, of, byes };
}

test("every packet goes to exactly one recorder, in order, and the second one starts with a keyframe", () => {
  for (const path of [CLEAN, { loss: 0.05, delayMs: 50 }]) {
    const { call, seen, redirect, end, of, byes } = redirectedCall(path);
    const asked = call.keyframeRequests.length;
    redirect();
    expect(seen.switched).toBe(0);
    call.run(5_000);
    end();
    expect(seen).toMatchObject({ switched: 1, abandoned: 0 });
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
    ).toEqual(PREVIOUS_BYES);
  }
});

test("the keyframe arrives at once, and audio switches together with it", () => {
  const { call, redirect, of } = redirectedCall();
  const askedMs = call.nowMs;
  redirect();
  call.run(1_000);
  const [video, audio] = [of("video", true)[0], of("audio", true)[0]];
  expect((video?.atMs ?? 0) - askedMs).toBeLessThan(200);
  expect(Math.abs((audio?.atMs ?? 0) - (video?.atMs ?? 0))).toBeLessThan(25);
});

test("stopped video is not waited for, and starts with a keyframe when it resumes", () => {
  const { call, seen, redirect, of, byes } = redirectedCall(CLEAN, (call) => {
    call.isSending.video = false;
  });
  redirect();
  expect(seen.switched).toBe(1);
  expect(
    byes()
      .map(({ port }) => port)
      .sort(),
  ).toEqual(PREVIOUS_BYES);
  call.run(1_000);
  expect(of("video", true)).toEqual([]);
  expect(of("audio", true).length).toBeGreaterThan(45);
  call.isSending.video = true;
  call.run(2_000);
  expect(of("video", true).length).toBeGreaterThan(200);
});

test("without a keyframe from the sender, the redirect replays from its last keyframe", () => {
  const { call, seen, redirect, end, of, byes } = redirectedCall();
  Object.defineProperty(call.video, "keyframeWanted", { get: () => false, set: () => {} });
  redirect();
  call.run(2_500);
  expect(seen.switched).toBe(0);
  call.run(2_500);
  end();
  expect(seen.switched).toBe(1);
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
  ).toEqual(PREVIOUS_BYES);
});

test.each([
  ["replayed", false],
  ["keyframe's", true],
])("sound that is late at a %s switch is neither replaced by silence nor sent after it", (_, answersRequests) => {
  const { call, seen, redirect, end, of } = redirectedCall();
  const isWanted = { get: () => false, set: () => {} };
  Object.defineProperty(call.video, "keyframeWanted", { ...isWanted, configurable: true });
  redirect();
  call.run(2_700);
  call.path = { loss: 0, delayMs: 420 }; // a busy host: nothing is read for 0.4 s
  if (answersRequests) {
    Reflect.deleteProperty(call.video, "keyframeWanted");
    call.video.keyframeWanted = true;
    const packets = call.video.frame(100 / 3, 4, call.nowMs);
    call.at(call.nowMs + 300, () => {
      for (const packet of packets) call.receiver.receive(packet, call.nowMs);
    });
  }
  call.run(3_000);
  end();
  expect(seen.switched).toBe(1);
  const [first, second] = [framesOf(of("audio", false)), framesOf(of("audio", true))];
  for (const sent of [first, second]) {
    const steps = sent.slice(1).map((timestamp, index) => timestampDistance(sent[index] ?? 0, timestamp));
    expect(Math.min(...steps)).toBeGreaterThan(0);
  }
  const { frames } = call.audio;
  const heard = frames.slice(frames.indexOf(second[0] ?? -1));
  expect(second).toEqual(heard.slice(0, second.length));
  expect(frames.length - (frames.indexOf(second.at(-1) ?? -1) + 1)).toBeLessThanOrEqual(1);
  expect(frames.indexOf(second[0] ?? -1)).toBeLessThanOrEqual(frames.findLastIndex((one) => first.includes(one)) + 1);
});

test("silence before the switch goes to the previous recorder, and silence after it has its real length", async () => {
  const { call, redirect, of } = redirectedCall(CLEAN, (call) => {
    call.isSending.audio = false;
  });
  redirect();
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

test("the end of the call, or another redirect, cancels a pending seamless redirect", async () => {
  for (const first of ["end", "redirect"] as const) {
    const { call, seen, redirect, of, byes } = redirectedCall();
    redirect();
    if (first === "redirect") call.receiver.redirect({}, {}, call.nowMs);
    await call.finish();
    expect(seen).toMatchObject({ switched: 0, abandoned: 1 });
    expect(of("video", true)).toEqual([]);
    expect(byes().length).toBe(first === "end" ? 2 : 0);
  }
});
