import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ParameterSets } from "./parameterSets.ts";

const SPS = Buffer.from([0x67, 0x42, 0xe0, 0x1f, 0x95, 0xa0]); // id 0
const OTHER_SPS = Buffer.from([0x67, 0x42, 0xe0, 0x1f, 0x8d, 0x68]); // id 0
const PPS = Buffer.from([0x68, 0xce, 0x3c, 0x80]); // id 0
const PPS_1 = Buffer.from([0x68, 0x4e, 0x3c, 0x80]); // id 1

function setsOf(...units: Buffer[]): ParameterSets {
  const sets = new ParameterSets();
  for (const unit of units) sets.remember(unit, 0, unit.length);
  return sets;
}

describe("the parameter sets", () => {
  it("are complete with one of each type", () => {
    expect(setsOf().areComplete).toBe(false);
    expect(setsOf(SPS).areComplete).toBe(false);
    expect(setsOf(PPS).areComplete).toBe(false);
    expect(setsOf(PPS, SPS).areComplete).toBe(true);
  });

  it("are in the order that decoders need, the newest of each id", () => {
    expect(setsOf(PPS, SPS, PPS_1).all).toEqual([SPS, PPS, PPS_1]);
    expect(setsOf(SPS, PPS, OTHER_SPS).all).toEqual([OTHER_SPS, PPS]);
  });

  it("are read from the SDP", () => {
    const sprop = `${SPS.toString("base64")},${PPS.toString("base64")}`;
    const fmtp = `packetization-mode=1;sprop-parameter-sets=${sprop};profile-level-id=42e01f`;
    expect(new ParameterSets(fmtp).all).toEqual([SPS, PPS]);
    expect(new ParameterSets("packetization-mode=1").all).toEqual([]);
    expect(new ParameterSets("sprop-parameter-sets=,%%%,AA==").all).toEqual([]);
  });

  it("ignore other units, and sets that are too long", () => {
    expect(setsOf(Buffer.from([0x65, 0x88, 0x84]), Buffer.from([0x67, 0x42]), Buffer.from([0x68])).all).toEqual([]);
    expect(setsOf(Buffer.concat([PPS, Buffer.alloc(2_000)])).all).toEqual([]);
  });

  it("are limited in number", () => {
    const many = Array.from({ length: 40 }, (_, index) => Buffer.from([0x68, 0x02, index << 3, 0x80]));
    expect(setsOf(...many).all.length).toBeLessThanOrEqual(8);
  });

  it("are read without exceptions from any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.nat(12), fc.nat(14), fc.string(), (bytes, start, end, fmtp) => {
        const sets = new ParameterSets(`sprop-parameter-sets=${fmtp}`);
        sets.remember(bytes, start, end);
        expect(Array.isArray(sets.all)).toBe(true);
      }),
      { seed: 5, numRuns: 1_000 },
    );
  });
});
