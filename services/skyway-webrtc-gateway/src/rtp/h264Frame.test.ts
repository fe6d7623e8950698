import { describe, expect, it } from "vitest";
import { H264Frame, startsH264Picture } from "./h264Frame.ts";
import { ParameterSets } from "./parameterSets.ts";

const AUD = [0x09, 0x10];
const SEI = [0x06, 0x05, 0x01, 0x00, 0x80];
const SPS = [0x67, 0x42, 0xe0, 0x1f, 0x95, 0xa0];
const PPS = [0x68, 0xce, 0x3c, 0x80];
const IDR = [0x65, 0x88, 0x84];
const IDR_FIRST_FRAGMENT = [0x7c, 0x85, 0x88];
const IDR_LAST_FRAGMENT = [0x7c, 0x45, 0x88];
/** Its `first_mb_in_slice` is not 0. */
const SECOND_IDR_SLICE = [0x65, 0x02, 0x88];
const P = [0x61, 0x9a, 0x00];
const I = [0x61, 0x88, 0x80];

const aggregated = (...units: number[][]) => [0x78, ...units.flatMap((unit) => [0, unit.length, ...unit])];
const SPROP = `sprop-parameter-sets=${[SPS, PPS].map((unit) => Buffer.from(unit).toString("base64")).join(",")}`;

function take(frame: H264Frame, packets: number[][]): boolean {
  frame.begin();
  for (const packet of packets) {
    // Surrounded by other bytes, so that reads outside the payload are noticed.
    frame.take(Uint8Array.from([0xff, ...packet, 0xff]), 1, 1 + packet.length);
  }
  return frame.isKeyframe;
}
const isKeyframe = (packets: number[][], fmtp = "") => take(new H264Frame(new ParameterSets(fmtp)), packets);

describe("an H264 frame", () => {
  it.each([
    ["each unit in a packet", [SPS, PPS, IDR]],
    ["an access unit delimiter first", [AUD, SPS, PPS, IDR]],
    ["SEI first", [SEI, SPS, PPS, IDR]],
    ["SEI before the picture", [AUD, SPS, PPS, SEI, IDR]],
    ["aggregated sets", [aggregated(SPS, PPS), IDR]],
    ["aggregated sets after a delimiter", [aggregated(AUD, SPS, PPS), IDR]],
    ["all of it aggregated", [aggregated(AUD, SPS, PPS, SEI, IDR)]],
    ["a fragmented picture", [AUD, SPS, PPS, IDR_FIRST_FRAGMENT, IDR_LAST_FRAGMENT]],
    ["two slices", [SPS, PPS, IDR, SECOND_IDR_SLICE]],
    ["a picture of the type I after sets", [AUD, SPS, PPS, SEI, I]],
  ])("is a keyframe: %s", (_, packets) => {
    expect(isKeyframe(packets)).toBe(true);
  });

  it.each([
    ["a predicted picture", [P]],
    ["… with parameter sets", [AUD, SPS, PPS, P]],
    ["… with a delimiter", [AUD, P]],
    ["parameter sets without a picture", [SPS, PPS]],
    ["an IDR picture without sets", [AUD, IDR]],
    ["the end of an IDR picture", [SPS, PPS, IDR_LAST_FRAGMENT]],
    ["its second slice", [SPS, PPS, SECOND_IDR_SLICE]],
  ])("is no keyframe: %s", (_, packets) => {
    expect(isKeyframe(packets)).toBe(false);
  });

  it("is a keyframe without sets if they are in the SDP, and lacks them", () => {
    const frame = new H264Frame(new ParameterSets(SPROP));
    expect(take(frame, [AUD, IDR])).toBe(true);
    expect(frame.missingSets.map((set) => [...set])).toEqual([SPS, PPS]);
    expect(take(frame, [AUD, I])).toBe(false);
    expect(take(frame, [SPS, PPS, IDR])).toBe(true);
    expect(frame.missingSets).toEqual([]);
  });

  it("is a keyframe without sets if they came once, also in a frame of their own, and after a loss", () => {
    const frame = new H264Frame(new ParameterSets());
    expect(take(frame, [SPS, PPS])).toBe(false);
    expect(take(frame, [IDR])).toBe(true);
    expect(take(frame, [P])).toBe(false);
    frame.gap();
    expect(take(frame, [IDR])).toBe(true);
    expect(frame.missingSets.map((set) => [...set])).toEqual([SPS, PPS]);
  });

  it("is no keyframe if a loss may have taken new sets from it", () => {
    const frame = new H264Frame(new ParameterSets());
    for (let count = 0; count < 2; count++) expect(take(frame, [SPS, PPS, IDR])).toBe(true);
    frame.gap();
    expect(take(frame, [IDR])).toBe(false);
    expect(take(frame, [P])).toBe(false);
    expect(take(frame, [IDR])).toBe(true); // whole
  });
});

it("the packet in which an IDR picture begins is found, single, fragmented or aggregated", () => {
  const starts = (packet: number[]) => startsH264Picture(Uint8Array.from([...packet, 0xff]), 0, packet.length);
  for (const packet of [IDR, IDR_FIRST_FRAGMENT, SPS, aggregated(AUD, IDR), aggregated(AUD, SPS)]) {
    expect(starts(packet)).toBe(true);
  }
  for (const packet of [AUD, SEI, PPS, P, I, IDR_LAST_FRAGMENT, SECOND_IDR_SLICE, aggregated(AUD, P), [0x65], [0x7c]]) {
    expect(starts(packet)).toBe(false);
  }
});
