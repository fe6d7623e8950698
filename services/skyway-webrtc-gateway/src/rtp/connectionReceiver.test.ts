import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sequenceDistance } from "./arithmetic.ts";
import { splitCompound } from "./rtcp/compound.ts";
import { BYE, SENDER_REPORT } from "./rtcp/packetTypes.ts";
import { readSenderReport } from "./rtcp/senderReport.ts";
import { framesOf, SimulatedCall, START_MS } from "./simulatedCall.ts";
import { rtpPacket, SimulatedSender, VIDEO, vp8Payload } from "./simulatedSender.ts";

const CLEAN = { loss: 0, delayMs: 20 };

/** Sends media, then stops it and waits for the last repairs, so that nothing is missing at the end. */
function talk(call: SimulatedCall, ms: number): void {
  call.start();
  call.run(ms);
  call.isSending = { video: false, audio: false };
  call.path = CLEAN;
  call.run(200);
}

function expectContiguous(packets: readonly { sequence: number }[]): void {
  packets.forEach((packet, index) => {
    const before = packets[index - 1];
    if (before) expect(sequenceDistance(before.sequence, packet.sequence)).toBe(1);
  });
}

describe("a call over a good network", () => {
  it("is forwarded unchanged and without delay", () => {
    const call = new SimulatedCall(CLEAN);
    talk(call, 3_000);
    expect(framesOf(call.forwarded.video)).toEqual(call.video.frames);
    expect(framesOf(call.forwarded.audio)).toEqual(call.audio.frames);
    expect(call.keyframeRequests).toEqual([]);
    expect(call.track("video").counters).toMatchObject({ packetsLost: 0, nacksSent: 0, packetsDuplicate: 0 });
    expect((call.forwarded.audio[0]?.atMs ?? 0) - START_MS).toBeLessThan(50);
  });

  it("is forwarded in order when packets are reordered, with few NACKs", () => {
    const call = new SimulatedCall({ loss: 0, delayMs: 20, jitterMs: 30 });
    talk(call, 10_000);
    call.run(1_000);
    expect(framesOf(call.forwarded.video)).toEqual(call.video.frames);
    expect(framesOf(call.forwarded.audio)).toEqual(call.audio.frames);
    expectContiguous(call.forwarded.video);
  });
});

describe("a call over a bad network", () => {
  it.each([
    ["2 % lost, 50 ms round trip", { loss: 0.02, delayMs: 25 }],
    ["5 % lost, 100 ms round trip", { loss: 0.05, delayMs: 50 }],
    ["10 % lost in bursts of 3, 200 ms round trip", { loss: 0.1, burst: 3, delayMs: 100 }],
    ["5 % lost and 30 ms of jitter", { loss: 0.05, delayMs: 20, jitterMs: 30 }],
    ["20 % lost, 300 ms round trip", { loss: 0.2, delayMs: 150 }],
  ])("is forwarded completely: %s", (_, path) => {
    for (const seed of [1, 2, 3]) {
      const call = new SimulatedCall(path, { seed });
      talk(call, 20_000);
      call.run(5_000);
      // A loss of the very first packets cannot be noticed.
      expect(call.video.frames.length - framesOf(call.forwarded.video).length).toBeLessThanOrEqual(1);
      expect(call.audio.frames.length - framesOf(call.forwarded.audio).length).toBeLessThanOrEqual(1);
      expectContiguous(call.forwarded.video);
      expect(call.track("video").counters.packetsGivenUp).toBe(0);
    }
  });

  it("keeps its timestamps when lost packets arrive late", () => {
    const call = new SimulatedCall({ loss: 0.1, delayMs: 150 }, { seed: 5 });
    talk(call, 20_000);
    call.run(5_000);
    const forwarded = call.forwarded.audio.map(({ timestamp }) => timestamp);
    expect(forwarded).toEqual(call.audio.frames.slice(0, forwarded.length)); // no inserted silence
    // The loss of the last packet is not noticed.
    expect(call.audio.frames.length - forwarded.length).toBeLessThanOrEqual(1);
  });

  it("is forwarded completely without RTX, when packets are retransmitted unchanged", () => {
    const { rtx, ...plain } = VIDEO;
    const call = new SimulatedCall({ loss: 0.05, delayMs: 50 }, { videoStream: plain });
    talk(call, 20_000);
    call.run(5_000);
    expect(framesOf(call.forwarded.video)).toEqual(call.video.frames);
    expect(rtx).toBeDefined();
  });

  it("is complete whatever is lost, while some packets pass", () => {
    const paths = fc.record({
      loss: fc.double({ min: 0, max: 0.25, noNaN: true }),
      burst: fc.integer({ min: 1, max: 5 }),
      delayMs: fc.integer({ min: 1, max: 150 }),
      jitterMs: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(paths, fc.nat(1_000), (path, seed) => {
        const call = new SimulatedCall(path, { seed: seed + 1 });
        talk(call, 4_000);
        call.run(6_000);
        const given = call.track("audio").counters.packetsGivenUp;
        expect(call.audio.frames.length - framesOf(call.forwarded.audio).length).toBeLessThanOrEqual(2 + given);
        expect(given).toBeLessThanOrEqual(1);
        expectContiguous(call.forwarded.audio);
        expectContiguous(call.forwarded.video);
      }),
      { seed: 6, numRuns: 25 },
    );
  });

  it("drops the duplicates that browsers send to probe for bandwidth", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.every(50, () => {
      const again = call.video.again(65_530 + Math.floor(call.random() * 5), call.nowMs);
      if (again) call.toReceiver(again);
    });
    call.run(3_000);
    expectContiguous(call.forwarded.video);
    expect(call.track("video").counters.packetsDuplicate).toBeGreaterThan(30);
  });
});

describe("the start", () => {
  it("requests a keyframe repeatedly until one arrives", () => {
    const call = new SimulatedCall(CLEAN);
    call.video.keyframeWanted = false;
    call.start();
    call.run(100);
    expect(call.keyframeRequests.length).toBe(1);
    call.run(2_000);
    const answered = Math.floor(((call.keyframeRequests[0] ?? 0) - START_MS) / (100 / 3));
    expect(framesOf(call.forwarded.video)[0]).toBe(call.video.frames[answered]);
  });

  it("repairs the loss of the first packet of the first keyframe", () => {
    const call = new SimulatedCall(CLEAN);
    const [lost, ...rest] = call.video.frame(33, 4, START_MS);
    expect(lost).toBeDefined();
    for (const packet of rest) call.toReceiver(packet);
    call.start();
    call.run(2_000);
    expect(framesOf(call.forwarded.video)[0]).toBe(call.video.frames[0]);
  });

  it("does not wait for earlier audio packets that may not exist", () => {
    const call = new SimulatedCall(CLEAN);
    call.audio.frame(20, 1, START_MS); // has the marker of the first packet, and is lost
    call.remembersPackets = false;
    call.start();
    call.run(2_000);
    expect(framesOf(call.forwarded.audio)[0]).toBe(call.audio.frames[1]);
    expect(call.track("audio").counters).toMatchObject({ packetsLost: 0, packetsGivenUp: 0 });
  });
});

describe("an outage", () => {
  it("of 3 s causes no further loss, and video resumes with a keyframe within 300 ms", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(3_000);
    call.remembersPackets = false;
    call.isCut = true;
    call.run(3_000);
    call.isCut = false;
    call.run(8_000);
    const gap = (frames: number[], rate: number) =>
      Math.max(...frames.slice(1).map((frame, index) => ((frame - (frames[index] as number)) | 0) / rate));
    expect(gap(framesOf(call.forwarded.audio), 48)).toBeLessThan(3_050);
    expect(gap(framesOf(call.forwarded.video), 90)).toBeLessThan(3_300);
    expectContiguous(call.forwarded.video);
  });

  it("of a minute has the same effect", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(2_000);
    call.isCut = true;
    call.run(60_000);
    call.isCut = false;
    call.run(8_000);
    expect(call.forwarded.audio.at(-1)?.timestamp).toBe(call.audio.frames.at(-2)); // the last one is in transit
    expectContiguous(call.forwarded.audio);
  });
});

describe("a sender that does not retransmit", () => {
  it("is not waited for indefinitely", () => {
    const call = new SimulatedCall({ loss: 0.05, delayMs: 20 });
    call.remembersPackets = false;
    call.start();
    call.run(60_000);
    const last = call.forwarded.audio.at(-1);
    expect(last?.atMs).toBeGreaterThan(call.nowMs - 500);
    expect(call.track("audio").counters.packetsRepaired).toBe(0);
  });
});

describe("the clock", () => {
  it("maps audio and video to the gateway's clock with sender reports", () => {
    const call = new SimulatedCall({ loss: 0, delayMs: 20, jitterMs: 20 });
    call.start();
    call.run(20_000);
    const video = call.receiver.clockOf(call.track("video"));
    const audio = call.receiver.clockOf(call.track("audio"));
    expect(video?.source).toBe("sender_report");
    expect(video?.firstRtpTimestamp).toBe(call.video.frames[0]);
    // First video frame 33.3 ms after the start, first audio packet 20 ms; the network delay is at least 20 ms.
    expect((video?.firstUnixMs ?? 0) - START_MS).toBeCloseTo(53.3, -1);
    expect((video?.firstUnixMs ?? 0) - (audio?.firstUnixMs ?? 0)).toBeCloseTo(13.3, 0);
  });

  it("follows a sound card that runs 100 ppm fast, without mistaking its drift for lost time", () => {
    const call = new SimulatedCall({ loss: 0, delayMs: 20, jitterMs: 30 });
    call.start({ audioDrift: 100e-6 });
    call.run(600_000);
    const audio = call.receiver.clockOf(call.track("audio"));
    expect((audio?.rate ?? 0) - 1).toBeCloseTo(-100e-6, 5);
    expect(framesOf(call.forwarded.audio)).toEqual(call.audio.frames.slice(0, call.forwarded.audio.length));
  }, 20_000);

  it("uses arrival times until the first report", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(500);
    const audio = call.receiver.clockOf(call.track("audio"));
    expect(audio?.source).toBe("arrival");
    expect((audio?.firstUnixMs ?? 0) - START_MS).toBeCloseTo(40, 0);
  });
});

describe("a microphone that is removed temporarily", () => {
  /** Offset of the last audio packet relative to the video. */
  const offMs = (call: SimulatedCall) => {
    const [video, audio] = [call.receiver.clockOf(call.track("video")), call.receiver.clockOf(call.track("audio"))];
    const last = call.forwarded.audio.at(-1);
    if (!video || !audio || !last) throw new Error("nothing passed on");
    const saysMs = audio.firstUnixMs + (((last.timestamp - audio.firstRtpTimestamp) | 0) / 48) * audio.rate;
    return saysMs - (call.lastSentMs.audio + call.path.delayMs);
  };

  it.each([
    ["over a clean path", { loss: 0, delayMs: 20 }],
    ["over one with 30 ms of jitter and 2 % lost", { loss: 0.02, delayMs: 20, jitterMs: 30 }],
  ])("is in sync again, after inserted silence, %s", (_, path) => {
    const call = new SimulatedCall(path);
    call.start();
    call.run(12_000);
    call.isSending.audio = false; // as `replaceTrack(null)` in Chromium: the sample count stops
    call.run(5_000);
    call.isSending.audio = true;
    call.run(10_000);
    call.isSending = { video: false, audio: false };
    call.run(3_000);
    expect(Math.abs(offMs(call))).toBeLessThan(10);
    const steps = call.forwarded.audio.slice(1).map(({ timestamp }, index) => {
      return ((timestamp - (call.forwarded.audio[index]?.timestamp ?? 0)) | 0) / 48;
    });
    expect(Math.max(...steps)).toBeLessThanOrEqual(130); // the longest piece of silence plus the remainder
    expect(Math.min(...steps)).toBeGreaterThan(0);
    expectContiguous(call.forwarded.audio);
  });

  it("that stays removed leaves silence until the end of the call", async () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(3_000);
    call.isSending.audio = false;
    call.run(30_000);
    await call.finish();
    expect(framesOf(call.forwarded.audio)).toEqual(expect.arrayContaining(call.audio.frames));
    const [first, last] = [call.forwarded.audio[0], call.forwarded.audio.at(-1)];
    expect(Math.abs((((last?.timestamp ?? 0) - (first?.timestamp ?? 0)) | 0) / 48 - 33_000)).toBeLessThan(200);
    expectContiguous(call.forwarded.audio);
  });

  it("adds no silence at the end if the sender may have been disconnected", async () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(3_000);
    call.isSending = { video: false, audio: false };
    call.run(30_000);
    await call.finish(false);
    expect(framesOf(call.forwarded.audio)).toEqual(call.audio.frames);
  });
});

describe("another source with the same payload type", () => {
  it("continues after the previous one, with its SSRC, starting with a keyframe", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(6_000);
    call.isSending.video = false;
    call.run(2_000);
    const other = new SimulatedSender({ ...VIDEO, ssrc: 0x3333_3333 }, { sequence: 5, timestamp: 123_456 });
    call.every(100 / 3, () => {
      for (const packet of other.frame(100 / 3, 4, call.nowMs)) call.toReceiver(packet);
    });
    call.run(5_000);
    const last = call.forwarded.video.at(-1);
    const clock = call.receiver.clockOf(call.track("video"));
    const saysMs = (clock?.firstUnixMs ?? 0) + (((last?.timestamp ?? 0) - (clock?.firstRtpTimestamp ?? 0)) | 0) / 90;
    expect(Math.abs(saysMs - call.nowMs)).toBeLessThan(60);
    expect(new Set(call.forwarded.video.map(({ ssrc }) => ssrc))).toEqual(new Set([VIDEO.ssrc]));
    expectContiguous(call.forwarded.video);
  });
});

describe("forwarded reports", () => {
  it("match the packets, also after a pause was inserted", () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(6_000);
    call.isSending.audio = false;
    call.run(5_000);
    call.isSending.audio = true;
    call.run(10_000);
    const reports = call.rtcp
      .filter(({ port }) => port === 5003)
      .flatMap(({ packet }) => splitCompound(packet).flatMap((part) => readSenderReport(part) ?? []));
    const startsMs = reports.map(
      ({ ntpMs, rtpTimestamp }) => ntpMs - ((rtpTimestamp - (call.audio.frames[0] ?? 0)) | 0) / 48,
    );
    expect(reports.length).toBeGreaterThan(2);
    for (const startMs of startsMs) expect(Math.abs(startMs - (startsMs[0] ?? 0))).toBeLessThan(5);
  });
});

describe("the end", () => {
  it("forwards buffered packets, then sends one BYE for each track, and never forwards the sender's BYE", async () => {
    const call = new SimulatedCall(CLEAN);
    call.start();
    call.run(3_000);
    call.remembersPackets = false;
    call.path = { loss: 0.3, delayMs: 20 };
    call.run(500);
    call.toReceiver(Buffer.from("81cb000111111111", "hex"));
    call.path = CLEAN;
    call.run(100);
    const before = call.forwarded.audio.length;
    await call.finish();
    expect(call.forwarded.audio.length).toBeGreaterThan(before);
    const types = call.rtcp.flatMap(({ port, packet }) =>
      splitCompound(packet).map(({ type }) => `${type} to ${port}`),
    );
    expect(types.filter((one) => one.startsWith(`${BYE}`))).toEqual([`${BYE} to 5003`, `${BYE} to 5001`]);
    expect(types.filter((one) => one.startsWith(`${SENDER_REPORT}`)).length).toBeGreaterThan(1);
    expect(call.rtcp.at(-1)?.packet.readUInt32BE(12)).toBe(VIDEO.ssrc);
  });

  it("sends BYE even if no packet ever arrived", async () => {
    const call = new SimulatedCall(CLEAN);
    await call.finish();
    expect(call.rtcp.map(({ port }) => port)).toEqual([5003, 5001]);
  });
});

describe("hostile packets", () => {
  it("never make the receiver throw, and do not end the call", () => {
    const header = (type: number) =>
      fc.tuple(
        fc.nat(0x3f).map((bits) => 0x80 | bits),
        fc.constantFrom(type, 0x80 | type),
      );
    const packets = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .tuple(header(96), fc.uint8Array({ maxLength: 60 }))
        .map(([start, rest]) => Uint8Array.from([...start, ...rest])),
      fc
        .tuple(header(97), fc.uint8Array({ maxLength: 60 }))
        .map(([start, rest]) => Uint8Array.from([...start, ...rest])),
      fc
        .tuple(header(111), fc.uint8Array({ maxLength: 60 }))
        .map(([start, rest]) => Uint8Array.from([...start, ...rest])),
      fc
        .tuple(fc.constantFrom(200, 201, 202, 203, 205, 206, 207), fc.nat(40), fc.uint8Array({ maxLength: 60 }))
        .map(([type, length, rest]) => Uint8Array.from([0x8f, type, 0, length, ...rest])),
    );
    fc.assert(
      fc.property(fc.array(packets, { maxLength: 100 }), (hostile) => {
        const call = new SimulatedCall(CLEAN);
        call.start();
        call.run(200);
        for (const packet of hostile) {
          call.receiver.receive(Buffer.from(packet), call.nowMs);
          call.run(5);
        }
        const before = call.forwarded.video.length;
        call.video.keyframeWanted = true;
        call.run(8_000);
        expect(call.forwarded.video.length).toBeGreaterThan(before);
      }),
      { seed: 7, numRuns: 40 },
    );
  });

  it("with arbitrary sequence numbers and timestamps", () => {
    const packets = fc.array(fc.record({ sequence: fc.nat(65_535), timestamp: fc.nat(2 ** 32 - 1) }), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(packets, (list) => {
        const call = new SimulatedCall(CLEAN);
        for (const [id, { sequence, timestamp }] of list.entries()) {
          const payload = vp8Payload({ keyframe: id % 3 === 0, begins: true, id });
          const packet = rtpPacket({ payloadType: 96, ssrc: VIDEO.ssrc, sequence, timestamp, payload, marker: true });
          call.receiver.receive(packet, call.nowMs);
          call.receiver.tick(call.nowMs);
          call.nowMs += 7;
        }
        expectContiguous(call.forwarded.video);
      }),
      { seed: 8, numRuns: 100 },
    );
  });
});
