import { describe, expect, it } from "vitest";
import { noCounts } from "./counters.ts";
import { keyframeTest } from "./keyframe.ts";
import { emptyHeader, readHeader } from "./packet.ts";
import { silenceCodec } from "./silence.ts";
import { AUDIO, rtpPacket, SimulatedSender, VIDEO } from "./simulatedSender.ts";
import { TrackOutput } from "./trackOutput.ts";

function output(codec: string, payloadType?: number) {
  const sent: { sequence: number; timestamp: number; payloadType: number; ssrc: number }[] = [];
  const counters = noCounts();
  const send = (packet: Buffer) => {
    const header = emptyHeader();
    readHeader(packet, header);
    const { sequence, timestamp, ssrc } = header;
    sent.push({ sequence, timestamp, ssrc, payloadType: header.payloadType });
  };
  return {
    sent,
    counters,
    track: new TrackOutput(
      {
        startsKeyframe: keyframeTest(codec),
        payloadType,
        silence: silenceCodec(codec),
        clockRate: codec === "opus" ? 48_000 : 90_000,
        send,
      },
      counters,
    ),
  };
}
const frames = (sent: readonly { timestamp: number }[]) => [...new Set(sent.map(({ timestamp }) => timestamp))];
const sequences = (sent: readonly { sequence: number }[]) => sent.map(({ sequence }) => sequence);

describe("the output", () => {
  it("is unchanged when nothing is lost", () => {
    const { sent, track } = output("VP8");
    const sender = new SimulatedSender(VIDEO);
    for (let frame = 0; frame < 5; frame++) for (const packet of sender.frame(33, 3)) track.push(packet, frame * 33);
    expect(frames(sent)).toEqual(sender.frames);
    expect(sequences(sent)).toEqual(Array.from({ length: 15 }, (_, index) => (65_530 + index) & 0xffff));
    expect(sent[0]).toMatchObject({ ssrc: VIDEO.ssrc, payloadType: 96 });
  });

  it("never has the timestamp 0, which ffmpeg would not take for the first one", () => {
    const { sent, track } = output("opus");
    for (const [index, timestamp] of [0, 960, 1_920].entries()) {
      const fields = { payloadType: AUDIO.payloadType, sequence: index, timestamp, ssrc: AUDIO.ssrc };
      track.push(rtpPacket({ ...fields, payload: Uint8Array.of(0xfc, 0xff, 0xfe) }), index * 20);
    }
    expect(frames(sent)).toEqual([1, 960, 1_920]);
  });

  it("starts with the first packet of the first keyframe", () => {
    const { sent, track } = output("VP8");
    const sender = new SimulatedSender(VIDEO);
    sender.keyframeWanted = false;
    for (let frame = 0; frame < 3; frame++) for (const packet of sender.frame(33, 2)) track.push(packet, 0);
    expect(track.awaitsKeyframe).toBe(true);
    expect(track.firstTimestamp).toBeUndefined();
    sender.keyframeWanted = true;
    for (const packet of sender.frame(33, 2)) track.push(packet, 0);
    expect(frames(sent)).toEqual(sender.frames.slice(3));
    expect(sequences(sent)).toEqual([0, 1]); // 65,536: the packet's own number
    expect((track.firstTimestamp ?? 0) >>> 0).toBe(sender.frames[3]);
  });

  it("contains whole frames only: a frame with a gap is dropped, and so is everything up to the next keyframe", () => {
    const { sent, track } = output("VP8");
    const sender = new SimulatedSender(VIDEO);
    for (const packet of sender.frame(33, 3)) track.push(packet, 0);
    const [first] = sender.frame(33, 3);
    track.push(first as Buffer, 0);
    track.gap();
    for (const packet of sender.frame(33, 3)) track.push(packet, 0);
    sender.keyframeWanted = true;
    for (const packet of sender.frame(33, 3)) track.push(packet, 0);
    expect(frames(sent)).toEqual([sender.frames[0], sender.frames[3]]);
    expect(sequences(sent)).toEqual([65_530, 65_531, 65_532, 65_533, 65_534, 65_535]);
  });

  it("has no gap where a padding packet was", () => {
    const { sent, track } = output("VP8");
    const sender = new SimulatedSender(VIDEO, { sequence: 10 });
    for (const packet of sender.frame(33, 2)) track.push(packet, 0);
    track.push(sender.padding(), 0);
    for (const packet of sender.frame(33, 2)) track.push(packet, 0);
    expect(sequences(sent)).toEqual([10, 11, 12, 13]);
  });

  it("has the requested payload type, and keeps the marker", () => {
    const { sent, track } = output("VP8", 100);
    const sender = new SimulatedSender(VIDEO);
    const [only] = sender.frame(33, 1);
    track.push(only as Buffer, 0);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.payloadType).toBe(100);
    expect((only as Buffer)[1]).toBe(0x80 | 100);
  });

  it("continues after a gap in audio, where every packet can be decoded separately", () => {
    const { sent, track } = output("opus");
    const sender = new SimulatedSender(AUDIO);
    track.push(sender.frame(20)[0] as Buffer, 0);
    sender.frame(20);
    track.gap();
    track.push(sender.frame(20)[0] as Buffer, 0);
    expect(frames(sent)).toEqual([sender.frames[0], sender.frames[2]]);
  });

  it("shifts timestamps, including the first one", () => {
    const { sent, track } = output("opus");
    const sender = new SimulatedSender(AUDIO, { timestamp: 0xffff_ff00 });
    track.timestampOffset = 0x200;
    track.push(sender.frame(0)[0] as Buffer, 0);
    expect(sent[0]?.timestamp).toBe(0x100);
    expect((track.firstTimestamp ?? 0) >>> 0).toBe(0x100);
  });

  it("is counted", () => {
    const { counters, track } = output("VP8");
    for (const packet of new SimulatedSender(VIDEO).frame(33, 3)) track.push(packet, 0);
    expect(counters.packetsRedirected).toBe(3);
    expect(counters.bytesRedirected).toBe(3 * 32);
  });
});
