import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  extendSequence,
  extendTimestamp,
  firstExtendedSequence,
  sequenceDistance,
  timestampDistance,
  toSequence,
  toTimestamp,
} from "./arithmetic.ts";

const CYCLES = 2 * 65536;
const seeded = { seed: 3550, numRuns: 500 };

describe("sequence numbers", () => {
  it("are compared correctly across the wrap", () => {
    expect(sequenceDistance(65535, 0)).toBe(1);
    expect(sequenceDistance(0, 65535)).toBe(-1);
    expect(sequenceDistance(100, 100)).toBe(0);
  });

  it("extend to the nearest number with the same wire value", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.integer({ min: -32768, max: 32767 }), (near, distance) => {
        expect(extendSequence(near + CYCLES, toSequence(near + CYCLES + distance))).toBe(near + CYCLES + distance);
      }),
      seeded,
    );
  });

  it("follow a stream that wraps many times, with reordering and loss", () => {
    fc.assert(
      fc.property(fc.nat(65535), fc.array(fc.integer({ min: -300, max: 3000 }), { maxLength: 200 }), (first, steps) => {
        let sent = firstExtendedSequence(first);
        let seen = sent;
        for (const step of steps) {
          sent += step;
          seen = extendSequence(seen, toSequence(sent));
          expect(seen).toBe(sent);
        }
      }),
      seeded,
    );
  });
});

describe("timestamps", () => {
  it("are compared correctly across the wrap", () => {
    expect(timestampDistance(0xffff_ffff, 0)).toBe(1);
    expect(timestampDistance(0, 0xffff_ffff)).toBe(-1);
  });

  it("extend to the nearest timestamp with the same wire value", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 50), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (near, distance) => {
        const there = near + 2 ** 32 + distance;
        expect(extendTimestamp(near + 2 ** 32, toTimestamp(there))).toBe(there);
      }),
      seeded,
    );
  });
});
