import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReorderBuffer } from "./reorderBuffer.ts";

const packet = (id: number) => Buffer.from([id >> 8, id & 0xff]);
const takeAll = (buffer: ReorderBuffer) => {
  const ids: number[] = [];
  for (let taken = buffer.take(); taken; taken = buffer.take()) ids.push(taken.readUInt16BE());
  return ids;
};

describe("the reorder buffer", () => {
  it("releases packets in order and once, whatever their order of arrival", () => {
    const shuffled = fc.shuffledSubarray([...Array(300).keys()], { minLength: 300 });
    fc.assert(
      fc.property(shuffled, fc.array(fc.nat(299), { maxLength: 50 }), (order, again) => {
        const buffer = new ReorderBuffer(1000);
        const released: number[] = [];
        for (const id of [...order, ...again]) {
          buffer.insert(1000 + id, packet(id), 0);
          released.push(...takeAll(buffer));
        }
        expect(released).toEqual([...Array(300).keys()]);
      }),
      { seed: 2, numRuns: 50 },
    );
  });

  it("distinguishes duplicates, late packets and packets too far ahead", () => {
    const buffer = new ReorderBuffer(1000);
    expect(buffer.insert(1002, packet(2), 0)).toBe("accepted");
    expect(buffer.insert(1002, packet(2), 0)).toBe("duplicate");
    expect(buffer.insert(1000, packet(0), 0)).toBe("accepted");
    expect(takeAll(buffer)).toEqual([0]);
    expect(buffer.insert(1000, packet(0), 0)).toBe("late");
    expect(buffer.insert(1001 + buffer.capacity, packet(9), 0)).toBe("beyond");
    expect(buffer.hasGap).toBe(true);
  });

  it("records since when each packet is missing and how often it was requested", () => {
    const buffer = new ReorderBuffer(1000);
    buffer.insert(1000, packet(0), 10);
    takeAll(buffer);
    buffer.insert(1003, packet(3), 20);
    expect(buffer.gapSinceMs).toBe(20);
    buffer.countRequest(1002, 30);
    buffer.countRequest(1002, 60);
    expect([buffer.requests(1001), buffer.requests(1002), buffer.requestedMs(1002)]).toEqual([0, 2, 60]);
    buffer.insert(1001, packet(1), 70);
    expect(takeAll(buffer)).toEqual([1]);
    expect(buffer.gapSinceMs).toBe(20);
  });

  it("counts the packets that were never received when it skips ahead", () => {
    const buffer = new ReorderBuffer(1000);
    buffer.insert(1000, packet(0), 0);
    buffer.insert(1004, packet(4), 0);
    expect(buffer.skipTo(1004)).toBe(3);
    expect(takeAll(buffer)).toEqual([4]);
    expect(buffer.skipTo(9000)).toBe(9000 - 1005);
    expect(buffer.hasGap).toBe(false);
    buffer.insert(9000, packet(7), 0);
    expect(takeAll(buffer)).toEqual([7]);
  });

  it("can be extended to before the first packet", () => {
    const buffer = new ReorderBuffer(1000);
    buffer.insert(1000, packet(10), 5);
    buffer.extendBackTo(998, 5);
    expect(takeAll(buffer)).toEqual([]);
    buffer.insert(999, packet(9), 6);
    buffer.insert(998, packet(8), 7);
    expect(takeAll(buffer)).toEqual([8, 9, 10]);
  });

  it("reuses its slots without mistaking old packets for new ones", () => {
    const buffer = new ReorderBuffer(0);
    for (let id = 0; id < 3 * buffer.capacity; id++) {
      if (id % 10 === 3) continue;
      buffer.insert(id, packet(id & 0xffff), id);
      if (id % 10 === 4) expect(buffer.skipTo(id)).toBe(1);
      takeAll(buffer);
      expect(buffer.next).toBe(id + 1);
    }
  });
});
