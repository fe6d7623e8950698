import { describe, expect, it } from "vitest";
import { ConnectionReceiver } from "./connectionReceiver.ts";
import { emptyHeader, isRtcp, readHeader } from "./packet.ts";
import { rtpPacket } from "./simulatedSender.ts";

const AUD = Buffer.from([0x09, 0x10]);
const SPS = Buffer.from([0x67, 0x42, 0xe0, 0x1f, 0x95, 0xa0]);
const PPS = Buffer.from([0x68, 0xce, 0x3c, 0x80]);
const SPROP = `packetization-mode=1;sprop-parameter-sets=${SPS.toString("base64")},${PPS.toString("base64")}`;
const START_MS = 1_760_000_000_000;
const FRAME_MS = 40;

interface Encoder {
  fmtp?: string;
  /** NAL units before each IDR picture; `isFirst`: the first one of the stream. */
  before(isFirst: boolean): Buffer[];
  /** Makes an IDR picture when it is asked for one. */
  answersRequests?: boolean;
  /** Frames from one IDR picture to the next; 50 by default. */
  groupFrames?: number;
}

/** A call of H264 video in virtual time, with one packet for each NAL unit and for each half of a picture. */
class H264Call {
  nowMs = START_MS;
  requests = 0;
  /** Frame numbers of forwarded pictures, and forwarded NAL unit types, by port. */
  readonly frames = new Map<number, number[]>();
  readonly types = new Map<number, number[]>();
  readonly sequences: number[] = [];
  readonly receiver: ConnectionReceiver;
  readonly #encoder: Encoder;
  #frame = 0;
  #group = 0;
  #sequence = 1_000;
  #isAsked = false;

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
    this.receiver = new ConnectionReceiver(
      [
        {
          kind: "video",
          codec: "H264",
          fmtp: encoder.fmtp,
          clockRate: 90_000,
          payloadType: 102,
          rtxPayloadType: undefined,
          redirectPayloadType: undefined,
          repeatedSources: new Map(),
          redirect: { host: "192.0.2.1", port: 1 },
        },
      ],
      {},
      { send: (packet, { port }) => this.#forwarded(packet, port) },
      {
        ssrc: 42,
        nack: () => 1,
        keyframe: () => {
          this.requests++;
          this.#isAsked = true;
        },
        report: () => undefined,
      },
    );
  }

  /** @param isLost whether a packet of a frame is lost: by the frame's number and the packet's index in it. */
  run(frames: number, isLost: (frame: number, index: number) => boolean = () => false): void {
    for (let count = 0; count < frames; count++) {
      for (const [index, packet] of this.#next().entries()) {
        if (!isLost(this.#frame - 1, index)) this.receiver.receive(packet, this.nowMs);
      }
      for (let ms = 0; ms < FRAME_MS; ms += 10) {
        this.nowMs += 10;
        this.receiver.tick(this.nowMs);
      }
    }
  }

  /** Gives up what is missing, and forwards what is queued. */
  end(): void {
    for (const track of this.receiver.tracks) track.flush();
    for (let ms = 0; ms < 1_000; ms += 10) {
      for (const { output } of this.receiver.tracks) output.drain(this.nowMs + ms);
    }
  }

  switchTo(port: number): void {
    const to = { video: { host: "192.0.2.1", port } };
    this.receiver.redirectSeamlessly({ to, rtcp: {}, switching: () => {}, abandoned: () => {} }, this.nowMs);
    this.receiver.tick(this.nowMs);
  }

  #next(): Buffer[] {
    const number = this.#frame++;
    const isIdr = this.#group === 0 || (this.#isAsked && this.#encoder.answersRequests === true);
    if (isIdr) this.#isAsked = false;
    this.#group = isIdr ? 1 : (this.#group + 1) % (this.#encoder.groupFrames ?? 50);
    const slice = isIdr ? 5 : 1;
    const fragment = (flag: number) =>
      Buffer.from([0x7c, flag | slice, isIdr ? 0x88 : 0x9a, number >> 8, number & 0xff]);
    const units = [...(isIdr ? this.#encoder.before(number === 0) : [AUD]), fragment(0x80), fragment(0x40)];
    return units.map((payload, index) =>
      rtpPacket({
        payloadType: 102,
        sequence: this.#sequence++,
        timestamp: number * FRAME_MS * 90,
        ssrc: 7,
        marker: index === units.length - 1,
        payload,
      }),
    );
  }

  #forwarded(packet: Buffer, port: number): void {
    if (isRtcp(packet)) return;
    const header = emptyHeader();
    readHeader(packet, header);
    this.sequences.push(header.sequence);
    const payload = packet.subarray(header.payloadStart);
    const type = (payload[0] as number) & 0x1f;
    this.types.set(port, [...(this.types.get(port) ?? []), type]);
    if (type !== 28 || ((payload[1] as number) & 0x40) === 0) return;
    this.frames.set(port, [...(this.frames.get(port) ?? []), payload.readUInt16BE(3)]);
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const isNumberedWithoutGap = ({ sequences }: H264Call) =>
  sequences.every((sequence, index) => sequence === (sequences[0] as number) + index);

describe("H264 with an access unit delimiter first, each NAL unit in a packet", () => {
  it("continues in the next file at the keyframe that is requested once", () => {
    const call = new H264Call({ before: () => [AUD, SPS, PPS], answersRequests: true, groupFrames: 150 });
    call.run(310);
    const before = call.requests;
    call.switchTo(2);
    call.run(300);
    call.switchTo(3);
    call.run(150);
    call.end();
    expect(call.frames.get(1)).toEqual(range(0, 309));
    expect(call.frames.get(2)).toEqual(range(310, 609));
    expect(call.frames.get(3)).toEqual(range(610, 759));
    expect([before, call.requests]).toEqual([0, 2]);
    expect(call.types.get(2)?.slice(0, 4)).toEqual([9, 7, 8, 28]);
    expect(isNumberedWithoutGap(call)).toBe(true);
  });
});

describe.each([
  ["once", { before: (isFirst: boolean) => (isFirst ? [SPS, PPS] : []) }],
  ["once, before delimiters", { before: (isFirst: boolean) => [AUD, ...(isFirst ? [SPS, PPS] : [])] }],
  ["in the SDP only", { fmtp: SPROP, before: () => [] }],
])("H264 whose parameter sets are sent %s", (_, encoder: Encoder) => {
  it("is forwarded from the first frame on", () => {
    const call = new H264Call(encoder);
    call.run(120);
    call.end();
    expect(call.frames.get(1)).toEqual(range(0, 119));
    expect(call.requests).toBe(0);
  });

  it("is back at the next IDR picture after a loss, with its parameter sets", () => {
    const call = new H264Call(encoder);
    call.run(150, (frame, index) => frame === 60 && index === 1);
    call.end();
    expect(call.frames.get(1)).toEqual([...range(0, 59), ...range(100, 149)]);
    expect(call.types.get(1)?.filter((type) => type === 7).length).toBeGreaterThanOrEqual(3);
    expect(isNumberedWithoutGap(call)).toBe(true);
  });

  it("is back at an IDR picture right after the loss", () => {
    const call = new H264Call(encoder);
    call.run(150, (frame, index) => frame === 99 && index === 2);
    call.end();
    expect(call.frames.get(1)).toEqual([...range(0, 98), ...range(100, 149)]);
  });

  it("continues in the next file with its parameter sets first", () => {
    const call = new H264Call(encoder);
    call.run(80);
    call.switchTo(2);
    call.run(70);
    call.end();
    expect(call.frames.get(1)).toEqual(range(0, 99));
    expect(call.frames.get(2)).toEqual(range(100, 149));
    expect(call.types.get(2)?.slice(0, 2)).toEqual([7, 8]);
  });
});
