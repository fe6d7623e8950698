import { describe, expect, it } from "vitest";
import { timestampDistance } from "../arithmetic.ts";
import { ConnectionReceiver } from "../connectionReceiver.ts";
import { emptyHeader, isRtcp, readHeader } from "../packet.ts";

const START_MS = 1_760_000_000_000;
const FRAME_MS = 40;
const PACKETS = 3;
const [VP8, RTX] = [96, 97];

interface SimulatedLayer {
  name: string;
  size: [width: number, height: number];
  isOn: boolean;
  ssrc: number;
  offset: number;
  sequence: number;
  wantsKeyframe: boolean;
}

/** A sender of three VP8 layers in virtual time, which names them in each packet. Layers begin with a keyframe. */
class LayeredCall {
  nowMs = START_MS;
  readonly layers: SimulatedLayer[];
  /** Width of the layer, timestamp and sequence number of each forwarded packet. */
  readonly forwarded: { width: number; timestamp: number; sequence: number; isKeyframe: boolean }[] = [];
  readonly requests: number[] = [];
  readonly receiver: ConnectionReceiver;

  constructor(names: string[], widths: number[]) {
    this.layers = names.map((name, index) => {
      const width = widths[index] as number;
      const size: [number, number] = [width, (width * 9) / 16];
      const ssrc = 100 + index;
      return { ...{ name, size, isOn: true, ssrc, wantsKeyframe: true }, offset: index * 1e9, sequence: 500 * index };
    });
    this.receiver = new ConnectionReceiver(
      [
        {
          ...{ kind: "video", codec: "VP8", clockRate: 90_000, payloadType: VP8, rtxPayloadType: RTX },
          ...{ redirectPayloadType: undefined, repeatedSources: new Map(), redirect: { host: "192.0.2.1", port: 1 } },
          layers: { layer: 10, repairedLayer: 11, count: names.length },
        },
      ],
      {},
      { send: (packet) => this.#take(packet) },
      {
        ssrc: 42,
        nack: () => 1,
        keyframe: (ssrc) => {
          this.requests.push(ssrc);
          for (const layer of this.layers) if (layer.ssrc === ssrc) layer.wantsKeyframe = true;
        },
        report: () => undefined,
      },
    );
  }

  run(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += 10) {
      if ((this.nowMs - START_MS) % FRAME_MS === 0) {
        for (const layer of this.layers) if (layer.isOn) for (const one of this.frame(layer)) this.receive(one);
      }
      this.receiver.tick(this.nowMs);
    }
  }

  switchLayer(name: string, isOn: boolean): void {
    const layer = this.layer(name);
    layer.isOn = isOn;
    layer.wantsKeyframe = isOn;
  }

  layer(name: string): SimulatedLayer {
    return this.layers.find((one) => one.name === name) as SimulatedLayer;
  }

  receive(packet: Buffer): void {
    this.receiver.receive(packet, this.nowMs);
  }

  frame(layer: SimulatedLayer): Buffer[] {
    const isKeyframe = layer.wantsKeyframe;
    layer.wantsKeyframe = false;
    return Array.from({ length: PACKETS }, (_, index) => {
      const payload = Buffer.alloc(40);
      payload[0] = index === 0 ? 0x10 : 0;
      payload[1] = isKeyframe ? 0 : 1;
      payload.set([0x9d, 0x01, 0x2a], 4);
      payload.writeUInt16LE(layer.size[0], 7);
      payload.writeUInt16LE(layer.size[1], 9);
      payload.writeUInt16BE(layer.size[0], 30);
      return layeredPacket({
        ...{ payloadType: VP8, ssrc: layer.ssrc, sequence: layer.sequence++, extension: 10, name: layer.name, payload },
        ...{ timestamp: layer.offset + (this.nowMs - START_MS) * 90, marker: index === PACKETS - 1 },
      });
    });
  }

  /** Widths in order, without repetitions. */
  get widths(): number[] {
    return this.forwarded.map(({ width }) => width).filter((width, index, all) => width !== all[index - 1]);
  }

  #take(packet: Buffer): void {
    if (isRtcp(packet)) return;
    const header = emptyHeader();
    readHeader(packet, header);
    const payload = packet.subarray(header.payloadStart);
    const isKeyframe = payload[0] === 0x10 && payload[1] === 0;
    const { timestamp, sequence } = header;
    this.forwarded.push({ width: payload.readUInt16BE(30), timestamp, sequence, isKeyframe });
  }
}

function layeredPacket(fields: {
  payloadType: number;
  ssrc: number;
  sequence: number;
  timestamp: number;
  marker: boolean;
  extension: number;
  name: string;
  payload: Buffer;
}): Buffer {
  const words = Math.ceil((fields.name.length + 1) / 4);
  const header = Buffer.alloc(16 + words * 4);
  header[0] = 0x90;
  header[1] = (fields.marker ? 0x80 : 0) | fields.payloadType;
  header.writeUInt16BE(fields.sequence & 0xffff, 2);
  header.writeUInt32BE(fields.timestamp % 2 ** 32, 4);
  header.writeUInt32BE(fields.ssrc, 8);
  header.writeUInt16BE(0xbede, 12);
  header.writeUInt16BE(words, 14);
  header[16] = (fields.extension << 4) | (fields.name.length - 1);
  header.write(fields.name, 17, "latin1");
  return Buffer.concat([header, fields.payload]);
}

/** Times between frames, in milliseconds, as forwarded. */
function steps({ forwarded }: LayeredCall): number[] {
  const frames = [...new Set(forwarded.map(({ timestamp }) => timestamp))];
  return frames.slice(1).map((timestamp, index) => timestampDistance(frames[index] as number, timestamp) / 90);
}

function expectWhole(call: LayeredCall): void {
  const { forwarded } = call;
  for (const [index, one] of forwarded.entries()) {
    const before = forwarded[index - 1];
    if (before === undefined) continue;
    expect(one.sequence).toBe((before.sequence + 1) & 0xffff);
    if (one.width !== before.width) expect(one.isKeyframe).toBe(true);
  }
  expect(Math.min(...steps(call))).toBeGreaterThan(0);
}

describe.each([
  ["0;1;2, full size first", ["0", "1", "2"], [1280, 640, 320]],
  ["0;1;2, full size last", ["0", "1", "2"], [320, 640, 1280]],
  ["large;medium;small", ["large", "medium", "small"], [1280, 640, 320]],
])("of simulcast layers %s", (_, names, widths) => {
  const full = names[widths.indexOf(1280)] as string;

  it("the full size is recorded from the first frame on", () => {
    const call = new LayeredCall(names, widths);
    call.run(10_000);
    call.receiver.tracks[0]?.flush();
    expect(call.widths).toEqual([1280]);
    expect(call.forwarded.length).toBe(250 * PACKETS);
    expectWhole(call);
  });

  it("the next one is recorded while the full size is switched off, and the full size afterwards", () => {
    const call = new LayeredCall(names, widths);
    call.run(5_000);
    call.switchLayer(full, false);
    call.run(5_000);
    call.switchLayer(full, true);
    call.run(5_000);
    call.receiver.tracks[0]?.flush();
    expect(call.widths.slice(call.widths.indexOf(1280))).toEqual([1280, 640, 1280]);
    expect(call.forwarded.filter(({ width }) => width === 640).length).toBeGreaterThan(95 * PACKETS);
    const seconds = steps(call).reduce((sum, step) => sum + step, 0) / 1_000;
    expect(seconds).toBeGreaterThan(14.7);
    expect(seconds).toBeLessThan(15.1);
    expectWhole(call);
  });
});

it("a layer that begins half a second after the others is recorded alone, from its first frame on", () => {
  const call = new LayeredCall(["0", "1"], [1280, 640]);
  call.layer("0").isOn = false;
  call.run(480);
  call.switchLayer("0", true);
  call.run(2_000);
  call.receiver.tracks[0]?.flush();
  expect(call.widths).toEqual([1280]);
  expect(call.forwarded.length).toBe(50 * PACKETS);
});

it("three frames of a layer that then stops are recorded, also if the other layers never come", async () => {
  for (const ends of [false, true]) {
    const call = new LayeredCall(["0", "1"], [1280, 640]);
    call.layer("0").isOn = false;
    call.run(120);
    call.layer("1").isOn = false;
    if (ends)
      await call.receiver.finish(
        () => call.nowMs++,
        async () => undefined,
      );
    else call.run(3_000);
    expect(call.forwarded.length).toBe(3 * PACKETS);
  }
});

it("a larger layer that begins without a keyframe is asked for one", () => {
  const call = new LayeredCall(["0", "1"], [1280, 640]);
  call.layer("0").isOn = false;
  call.run(2_000);
  call.layer("0").isOn = true;
  call.layer("0").wantsKeyframe = false;
  call.run(2_000);
  expect(call.requests.filter((ssrc) => ssrc === call.layer("0").ssrc)).toHaveLength(1);
  expect(call.widths).toEqual([640, 1280]);
  expectWhole(call);
});

it("a retransmission of another layer is not taken for one of the recorded layer", () => {
  const call = new LayeredCall(["0", "1"], [1280, 640]);
  call.run(1_000);
  const track = call.receiver.tracks[0];
  const before = track?.counters.packetsReceived;
  const repeated = (name: string, sequence: number, ssrc: number) => {
    const payload = Buffer.from([sequence >> 8, sequence & 0xff, 0x00, 0x01, 0, 0, 0, 0]);
    const fields = { payloadType: RTX, sequence: 1, timestamp: 0, marker: false, extension: 11 };
    call.receive(layeredPacket({ ...fields, ssrc, name, payload }));
  };
  repeated("1", call.layer("1").sequence - 1, 201);
  expect(track?.counters.packetsReceived).toBe(before);
  repeated("0", call.layer("0").sequence - 1, 200);
  expect(track?.counters.packetsReceived).toBe((before ?? 0) + 1);
});
