import { describe, expect, it } from "vitest";
import { noCounts } from "./counters.ts";
import { keyframeTest } from "./keyframe.ts";
import { MAX_REPLAY_BYTES } from "./replay.ts";
import { silenceCodec } from "./silence.ts";
import { SimulatedCall } from "./simulatedCall.ts";
import { AUDIO, rtpPacket, SimulatedSender, VIDEO, vp8Payload } from "./simulatedSender.ts";
import { TrackOutput } from "./trackOutput.ts";

const CLEAN = { loss: 0, delayMs: 20 };

function output(codec: "VP8" | "opus") {
  const counters = noCounts();
  const sent: Buffer[] = [];
  const isVideo = codec === "VP8";
  const settings = {
    startsKeyframe: isVideo ? keyframeTest(codec) : undefined,
    payloadType: undefined,
    silence: silenceCodec(codec),
    clockRate: isVideo ? 90_000 : 48_000,
    send: (packet: Buffer) => sent.push(packet),
  };
  return { counters, sent, track: new TrackOutput(settings, counters) };
}

describe("the number of dropped packets", () => {
  it("is 0 in a call over a good network", async () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(5_000);
    call.isSending = { video: false, audio: false };
    call.run(200);
    await call.finish();
    for (const kind of ["audio", "video"] as const) {
      const { packetsDropped, packetsReceived, packetsRedirected } = call.track(kind).counters;
      expect(packetsDropped).toBe(0);
      expect(packetsRedirected).toBe(packetsReceived);
    }
  });

  it("accounts for every packet of a call over a bad network", async () => {
    const call = new SimulatedCall({ loss: 0.15, burst: 3, delayMs: 60, jitterMs: 30 }, { seed: 4 });
    call.start();
    call.run(2_000);
    call.remembersPackets = false;
    call.run(20_000);
    await call.finish();
    const { packetsDropped, packetsReceived, packetsRedirected, packetsDuplicate } = call.track("video").counters;
    expect(packetsDropped).toBeGreaterThan(0);
    expect(packetsReceived).toBe(packetsRedirected + packetsDropped + packetsDuplicate);
  });

  it("includes what comes before the first keyframe, and the start of an incomplete frame", () => {
    const { counters, track } = output("VP8");
    const sender = new SimulatedSender(VIDEO);
    sender.keyframeWanted = false;
    for (const packet of sender.frame(33, 3)) track.push(packet, 0);
    expect(counters.packetsDropped).toBe(3);
    sender.keyframeWanted = true;
    for (const packet of sender.frame(33, 3).slice(0, 2)) track.push(packet, 0);
    track.gap();
    expect(counters.packetsDropped).toBe(5);
  });

  it("does not include padding, which is counted separately", () => {
    const { counters, track } = output("VP8");
    track.push(new SimulatedSender(VIDEO).padding(), 0);
    expect(counters.packetsDropped).toBe(0);
    expect(counters).toMatchObject({ packetsPadding: 1, lastMediaUnixMs: null });
  });

  it("and the numbers of padding, repeated and forwarded packets account for a sender that only probes", async () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.isSending = { video: false, audio: true };
    call.every(50, () => call.toReceiver(call.video.padding()));
    call.run(3_000);
    await call.finish();
    const { counters } = call.track("video");
    expect(counters.packetsReceived).toBeGreaterThan(50);
    expect(counters.packetsPadding).toBe(counters.packetsReceived - counters.packetsDuplicate);
    expect(counters).toMatchObject({ framesRedirected: 0, lastMediaUnixMs: null });
  });

  it("includes audio whose time was already forwarded", () => {
    const { counters, track } = output("opus");
    const sender = new SimulatedSender(AUDIO);
    for (let index = 0; index < 10; index++) track.push(sender.frame(20)[0] as Buffer, index * 20);
    track.timestampOffset = -100 * 48; // five packets
    for (let index = 0; index < 10; index++) track.push(sender.frame(20)[0] as Buffer, 200 + index * 20);
    expect(counters.packetsDropped).toBe(20 - counters.packetsRedirected);
    expect(counters.packetsDropped).toBe(5);
  });

  it("includes what a long wait for a recorder had no memory for", () => {
    const { counters, sent, track } = output("VP8");
    track.pause();
    const packets = 12_000;
    for (let id = 0; id < packets; id++) {
      const payload = vp8Payload({ keyframe: id % 30 === 0, begins: true, id, length: 1_200 });
      const fields = { payloadType: 96, ssrc: 1, sequence: id, timestamp: id * 3_000, payload, marker: true };
      track.push(rtpPacket(fields), id * 33);
    }
    track.resume(undefined, packets * 33);
    for (let ms = 0; ms < 20_000; ms += 10) track.drain(packets * 33 + ms);
    expect(sent.length).toBeLessThanOrEqual(MAX_REPLAY_BYTES / 1_200);
    expect(counters.packetsDropped).toBe(packets - sent.length);
  });

  it("includes what still waits to be sent when the end cannot be delayed any more", () => {
    const { counters, sent, track } = output("opus");
    const sender = new SimulatedSender(AUDIO);
    for (let index = 0; index < 100; index++) track.push(sender.frame(20)[0] as Buffer, 0);
    track.abandon();
    expect(counters.packetsDropped).toBe(100 - sent.length);
    expect(track.waiting).toBe(0);
  });
});

describe("a sender that restarts its sequence numbers", () => {
  it("loses no packet", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(3_000);
    call.isSending.audio = false;
    const restarted = new SimulatedSender(AUDIO, { sequence: 20_000, timestamp: 5_000_000 });
    call.every(20, () => {
      for (const packet of restarted.frame(20, 1, call.nowMs)) call.toReceiver(packet);
    });
    call.run(4_000);
    const { packetsDropped, packetsDuplicate } = call.track("audio").counters;
    expect(packetsDropped + packetsDuplicate).toBe(0);
    const sent = new Set(call.forwarded.audio.map(({ sequence }) => sequence)).size;
    expect(sent).toBeGreaterThanOrEqual(call.audio.frames.length + restarted.frames.length - 1);
  });
});

describe("what a recorder gets of a call", () => {
  it("is a frame for each time, also if a sender marks each packet as the end of one", () => {
    const { counters, sent, track } = output("VP8");
    const packets = [0, 1, 2, 3].map((index) => {
      const payload = vp8Payload({ keyframe: true, begins: index % 2 === 0, id: index });
      const timestamp = 3_000 * Math.floor(index / 2);
      return rtpPacket({ payloadType: 96, ssrc: 1, sequence: index, timestamp, payload, marker: true });
    });
    for (const packet of packets) track.push(packet, 0);
    track.drain(1_000);
    expect(sent).toHaveLength(4);
    expect(counters.framesRedirected).toBe(2);
  });

  it("is counted in frames, and the time of the newest media is known", async () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(2_000);
    call.isSending.video = false;
    call.every(50, () => call.toReceiver(call.video.padding()));
    call.run(2_000);
    call.isSending.audio = false;
    call.run(200);
    await call.finish();
    for (const kind of ["audio", "video"] as const) {
      const { counters } = call.track(kind);
      expect(counters.framesRedirected).toBe(call[kind].frames.length);
      expect(Math.abs((counters.lastMediaUnixMs ?? 0) - call.lastSentMs[kind])).toBeLessThan(100);
    }
  });
});

it("tells a picture that does not change from a sender that is gone: its sender reports go on", () => {
  const call = new SimulatedCall({ loss: 0, delayMs: 20 });
  call.start();
  call.run(3_000);
  call.isSending.video = false;
  const stoppedMs = call.nowMs;
  call.run(5_000);
  const { counters } = call.track("video");
  expect(counters.lastMediaUnixMs).toBeLessThan(stoppedMs + 100);
  expect(counters.lastReportUnixMs).toBeGreaterThan(call.nowMs - 1_100);
  call.isCut = true;
  call.run(5_000);
  expect(counters.lastReportUnixMs).toBeLessThan(call.nowMs - 4_900);
});
