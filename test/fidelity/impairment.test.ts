import { expect, test } from "vitest";
import { createNetworkSimulation } from "./impairment.ts";

const PACKETS = 20_000;

function arrivals(impairment: Parameters<typeof createNetworkSimulation>[0], seed = 7): (number | undefined)[] {
  const arrival = createNetworkSimulation(impairment, seed);
  return Array.from({ length: PACKETS }, (_, index) => arrival(index * 3));
}

test("the requested share of packets is lost, and the same packets for the same seed", () => {
  const lost = arrivals({ loss: 0.05 }).map((arrival) => arrival === undefined);
  expect(lost.filter(Boolean).length / PACKETS).toBeCloseTo(0.05, 2);
  expect(arrivals({ loss: 0.05 }).map((arrival) => arrival === undefined)).toEqual(lost);
  expect(arrivals({ loss: 0.05 }, 8).map((arrival) => arrival === undefined)).not.toEqual(lost);
});

test("burst losses occur in bursts with the same total share", () => {
  const lost = arrivals({ loss: 0.1, burst: 3 }).map((arrival) => arrival === undefined);
  expect(lost.filter(Boolean).length / PACKETS).toBeCloseTo(0.1, 1);
  const alone = lost.filter((one, index) => one && !lost[index - 1] && !lost[index + 1]).length;
  expect(alone).toBeLessThanOrEqual(1);
});

test("delay and jitter keep the order of packets, reordering does not", () => {
  const jittered = arrivals({ delayMs: 50, jitterMs: 30 }) as number[];
  expect(jittered.every((at, index) => at >= (jittered[index - 1] ?? 0) && at - index * 3 >= 50)).toBe(true);
  const overtaken = arrivals({ reordered: 0.01 }) as number[];
  const late = overtaken.filter((at, index) => at > (overtaken[index + 1] ?? Infinity)).length;
  expect(late / PACKETS).toBeCloseTo(0.01, 2);
});

test("no packet passes during an outage", () => {
  const seen = arrivals({ outage: { fromMs: 3_000, forMs: 3_000 } });
  expect(seen.slice(1_000, 2_000).every((arrival) => arrival === undefined)).toBe(true);
  expect(seen[999]).toBeDefined();
  expect(seen[2_000]).toBeDefined();
});
