import { describe, expect, it } from "vitest";
import { firstExtendedSequence } from "./arithmetic.ts";
import { ReceptionStatistics } from "./receptionStatistics.ts";

const first = firstExtendedSequence(65_000);

/** A packet of 960 units every 20 ms, except the omitted ones. */
function receive(statistics: ReceptionStatistics, from: number, to: number, isLost: (index: number) => boolean) {
  for (let index = from; index < to; index++) {
    if (!isLost(index)) statistics.count(first + index, index * 960, index * 20);
  }
}

describe("receiver reports", () => {
  it("do not exist before the first packet", () => {
    expect(new ReceptionStatistics(1, 48_000).nextBlock(0)).toBeUndefined();
  });

  it("count the loss per interval and in total (RFC 3550, A.3)", () => {
    const statistics = new ReceptionStatistics(1, 48_000);
    receive(statistics, 0, 100, (index) => index % 4 === 1);
    const one = statistics.nextBlock(0);
    expect(one?.fractionLost).toBe(64);
    expect(one?.cumulativeLost).toBe(25);
    expect(one?.extendedHighestSequence).toBe(65_099);
    receive(statistics, 100, 200, () => false);
    const two = statistics.nextBlock(0);
    expect(two?.fractionLost).toBe(0);
    expect(two?.cumulativeLost).toBe(25);
  });

  it("count the cycles of the sequence number", () => {
    const statistics = new ReceptionStatistics(1, 48_000);
    receive(statistics, 0, 600, () => false);
    expect(statistics.nextBlock(0)?.extendedHighestSequence).toBe(65_536 + 63);
  });

  it("measure no jitter in a regular stream, and about the mean deviation in an irregular one (RFC 3550, A.8)", () => {
    const even = new ReceptionStatistics(1, 48_000);
    receive(even, 0, 200, () => false);
    expect(even.nextBlock(0)?.jitter).toBe(0);
    const uneven = new ReceptionStatistics(1, 48_000);
    for (let index = 0; index < 400; index++) uneven.count(first + index, index * 960, index * 20 + (index % 2) * 10);
    expect(uneven.nextBlock(0)?.jitter).toBeCloseTo(480, -1);
  });

  it("echo the last sender report and the time since it arrived", () => {
    const statistics = new ReceptionStatistics(1, 48_000);
    statistics.count(first, 0, 0);
    statistics.countReport({ ssrc: 1, ntpMs: 0, compactNtp: 0xabcd_ef01, rtpTimestamp: 0, packetCount: 0 }, 1_000);
    const block = statistics.nextBlock(1_500);
    expect(block?.lastSenderReport).toBe(0xabcd_ef01);
    expect(block?.delaySinceLastSenderReport).toBe(32_768);
  });

  it("limit the loss to the range of the fields", () => {
    const statistics = new ReceptionStatistics(1, 48_000);
    statistics.count(first, 0, 0);
    statistics.count(first + 20_000_000, 0, 0);
    expect(statistics.nextBlock(0)?.cumulativeLost).toBe(0x7f_ffff);
  });
});
