import { seededRandom } from "./random.ts";

/** The impairments of a network, the same in both directions. */
export interface Impairment {
  /** Share of lost packets. */
  loss?: number;
  /** Number of consecutive packets per loss; 1 by default. */
  burst?: number;
  /** One way, in milliseconds. */
  delayMs?: number;
  /** Added to the delay, uniformly distributed from 0 to this value; packets keep their order. */
  jitterMs?: number;
  /** Share of packets that arrive after later packets. */
  reordered?: number;
  /** Time without any packets, counted from the first packet. */
  outage?: { fromMs: number; forMs: number };
}

/** Additional delay of a reordered packet: one to three other packets of a video arrive before it. */
const OVERTAKEN_MS = 8;

/**
 * Decides whether and when each packet arrives.
 *
 * @param seed the same seed gives the same decisions.
 * @returns when a packet that was sent at `nowMs` arrives, or undefined if it is lost.
 */
export function createNetworkSimulation(impairment: Impairment, seed: number): (nowMs: number) => number | undefined {
  const random = seededRandom(seed);
  const { loss = 0, burst = 1, delayMs = 0, jitterMs = 0, reordered = 0, outage } = impairment;
  let firstMs: number | undefined;
  let latestMs = Number.NEGATIVE_INFINITY;
  let toLose = 0;
  return (nowMs) => {
    firstMs ??= nowMs;
    const age = nowMs - firstMs;
    if (outage && age >= outage.fromMs && age < outage.fromMs + outage.forMs) return undefined;
    if (toLose > 0) {
      toLose -= 1;
      return undefined;
    }
    if (random() < loss / burst) {
      toLose = burst - 1;
      return undefined;
    }
    const arrival = Math.max(nowMs + delayMs + random() * jitterMs, latestMs);
    if (random() < reordered) return arrival + OVERTAKEN_MS;
    latestMs = arrival;
    return arrival;
  };
}
