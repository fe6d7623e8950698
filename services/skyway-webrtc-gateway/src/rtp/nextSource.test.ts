import { describe, expect, it } from "vitest";
import { timestampDistance } from "./arithmetic.ts";
import { writeBye } from "./rtcp/bye.ts";
import { framesOf, SimulatedCall } from "./simulatedCall.ts";
import { AUDIO, SimulatedSender, type SimulatedStream, VIDEO } from "./simulatedSender.ts";

const CLEAN = { loss: 0, delayMs: 20 };
const NEW_VIDEO = { ...VIDEO, ssrc: 0x3333_3333 };
const NEW_AUDIO = { ...AUDIO, ssrc: 0x4444_4444 };

/** Another source that sends until `stop`, with its own sequence numbers and timestamps. */
function another(call: SimulatedCall, stream: SimulatedStream, everyMs: number, timestamp = 123_456) {
  const sender = new SimulatedSender(stream, { sequence: 5, timestamp });
  const another = { sender, isSending: true };
  call.every(everyMs, () => {
    if (!another.isSending) return;
    const count = stream.clockRate === VIDEO.clockRate ? 4 : 1;
    for (const packet of sender.frame(everyMs, count, call.nowMs)) call.toReceiver(packet);
  });
  return another;
}

/** The longest step between two forwarded packets, and the shortest, in milliseconds. */
function stepsOf(call: SimulatedCall, kind: "audio" | "video") {
  const frames = framesOf(call.forwarded[kind]);
  const rate = kind === "audio" ? 48 : 90;
  const steps = frames.slice(1).map((frame, index) => timestampDistance(frames[index] as number, frame) / rate);
  return { longestMs: Math.max(...steps), shortestMs: Math.min(...steps) };
}

describe.each([
  ["without BYE, at a smaller timestamp", false, 123_456, CLEAN],
  ["without BYE, at a larger timestamp", false, 2_000_000_000, CLEAN],
  ["without BYE, half a second ahead", false, 0xffff_f000 + 5.5 * 48_000, CLEAN],
  ["with BYE", true, 123_456, CLEAN],
  ["without BYE, over a path with 30 ms of jitter", false, 123_456, { loss: 0, delayMs: 20, jitterMs: 30 }],
  ["with BYE, over a path with 30 ms of jitter", true, 123_456, { loss: 0, delayMs: 20, jitterMs: 30 }],
])("a new source without a pause, %s", (_, hasBye, timestamp, path) => {
  it("costs no sound and no picture", () => {
    const call = new SimulatedCall(path);
    call.start();
    call.run(5_000);
    call.isSending = { video: false, audio: false };
    const before = { video: call.video.frames.length, audio: call.audio.frames.length };
    if (hasBye) for (const { ssrc } of [VIDEO, AUDIO]) call.toReceiver(writeBye(ssrc));
    const [video, audio] = [another(call, NEW_VIDEO, 100 / 3, timestamp), another(call, NEW_AUDIO, 20, timestamp)];
    call.run(6_000);
    [video.isSending, audio.isSending] = [false, false];
    call.run(2_000);
    for (const [kind, one, tolerated] of [
      ["video", video, 3],
      ["audio", audio, 5],
    ] as const) {
      const sent = before[kind] + one.sender.frames.length;
      expect(framesOf(call.forwarded[kind]).length).toBeGreaterThanOrEqual(sent - tolerated);
      const { longestMs, shortestMs } = stepsOf(call, kind);
      expect(longestMs).toBeLessThanOrEqual(130);
      expect(shortestMs).toBeGreaterThan(0);
    }
    const clock = call.receiver.clockOf(call.track("video"));
    const lastMs =
      (clock?.firstUnixMs ?? 0) +
      timestampDistance(clock?.firstRtpTimestamp ?? 0, framesOf(call.forwarded.video).at(-1) ?? 0) / 90;
    expect(Math.abs(lastMs - (call.nowMs - 2_000))).toBeLessThan(100);
  });
});

describe("a new source", () => {
  it("is asked for a keyframe at once if it does not start with one", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(5_000);
    call.isSending.video = false;
    const asked = call.keyframeRequests.length;
    const { sender } = another(call, NEW_VIDEO, 100 / 3);
    sender.keyframeWanted = false;
    call.run(100);
    expect(call.keyframeRequests.length).toBe(asked + 1);
  });

  it("is forwarded although the call ends before it is certain that the old source is gone", async () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(5_000);
    call.isSending.audio = false;
    const { sender } = another(call, NEW_AUDIO, 20);
    call.run(210);
    await call.finish();
    expect(framesOf(call.forwarded.audio).length).toBeGreaterThanOrEqual(
      call.audio.frames.length + sender.frames.length - 1,
    );
  });

  it("does not replace one that still sends; its packets are counted", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(5_000);
    const { sender } = another(call, NEW_VIDEO, 100 / 3);
    call.run(10_000);
    expect(framesOf(call.forwarded.video)).toEqual(call.video.frames.slice(0, framesOf(call.forwarded.video).length));
    const { packetsDropped } = call.track("video").counters;
    expect(packetsDropped).toBeGreaterThan(sender.packetCount - 300);
    expect(packetsDropped).toBeLessThanOrEqual(sender.packetCount);
  });

  it("does not alternate with an old one when both send a frame a second", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(2_000);
    call.isSending.video = false;
    another(call, NEW_VIDEO, 1_000);
    call.run(500);
    another(call, { ...VIDEO, ssrc: 0x5555_5555 }, 1_000);
    const sources: (number | undefined)[] = [];
    call.every(10, () => {
      const { ssrc } = call.track("video");
      if (sources.at(-1) !== ssrc) sources.push(ssrc);
    });
    call.run(30_000);
    expect(sources.length).toBeLessThan(6);
  });

  it("does not replace one that still sends when the call ends", async () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(5_000);
    another(call, NEW_VIDEO, 100 / 3).sender.keyframeWanted = true;
    call.run(215);
    call.isSending.video = false;
    call.run(60);
    await call.finish();
    expect(call.track("video").ssrc).toBe(VIDEO.ssrc);
  });

  it("is not assumed when only padding of another source arrives", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(3_000);
    call.isSending.video = false;
    const probe = new SimulatedSender(NEW_VIDEO, { sequence: 5 });
    call.every(20, () => call.toReceiver(probe.padding()));
    call.run(3_000);
    expect(call.track("video").ssrc).toBe(VIDEO.ssrc);
    expect(call.track("video").counters.packetsDropped).toBe(0);
  });
});
