import { describe, expect, it } from "vitest";
import { Pacer } from "./pacer.ts";

/** Runs a pacer for some time and returns when each packet was sent. */
function run(packets: readonly { atMs: number; id: number }[], untilMs: number) {
  let nowMs = 0;
  const left: { id: number; atMs: number }[] = [];
  const pacer = new Pacer((packet) => left.push({ id: packet.readUInt16BE(), atMs: nowMs }));
  const waiting = [...packets];
  for (; nowMs <= untilMs; nowMs++) {
    while (waiting[0] && waiting[0].atMs <= nowMs) {
      const { id } = waiting.shift() as { id: number };
      pacer.push(Buffer.from([id >> 8, id & 0xff]), nowMs);
    }
    if (nowMs % 10 === 0) pacer.drain(nowMs);
  }
  return { left, pacer };
}

const burst = (count: number) => Array.from({ length: count }, (_, id) => ({ atMs: 100, id }));

describe("the pacer", () => {
  it("does not delay an ordinary stream", () => {
    const stream = Array.from({ length: 700 }, (_, id) => ({ atMs: 100 + Math.floor(id / 0.7), id }));
    const { left } = run(stream, 1_200);
    expect(left).toEqual(stream.map(({ atMs, id }) => ({ id, atMs })));
  });

  it("spreads a burst so that a receiver that sleeps for 50 ms loses nothing of its 92 packets", () => {
    const { left } = run(burst(1_000), 2_000);
    expect(left.map(({ id }) => id)).toEqual([...Array(1_000).keys()]);
    for (const { atMs } of left) {
      const inWindow = left.filter((other) => other.atMs >= atMs && other.atMs < atMs + 50).length;
      expect(inWindow).toBeLessThanOrEqual(92);
    }
  });

  it("releases one second of held packets within a second", () => {
    const { left, pacer } = run(burst(1_000), 1_000);
    expect(left.length).toBe(1_000);
    expect(pacer.length).toBe(0);
  });

  it("drains a long queue faster", () => {
    const { left } = run(burst(6_000), 3_500);
    expect(left.length).toBe(6_000);
  });
});
