import { seededRandom } from "./random.ts";

/** What a network does to packets, in each direction alike. */
export interface Impairment {
  /** Share of packets that are lost. */
  loss?: number;
  /** Packets that are lost one after another when one is; 1 by default. */
  burst?: number;
  /** One way, in milliseconds. */
  delayMs?: number;
  /** Added to the delay, evenly from 0 to this; packets keep their order. */
  jitterMs?: number;
  /** Share of packets that are overtaken by the next ones. */
  reordered?: number;
  /** Time in which nothing passes, counted from the first packet. */
  outage?: { fromMs: number; forMs: number };
}

/** An overtaken packet arrives so much later: after one to three others of a video. */
const OVERTAKEN_MS = 8;

/**
 * Decides the fate of each packet.
 *
 * @param seed the same seed gives the same fates.
 * @returns when a packet that was sent at `nowMs` arrives, or undefined when it is lost.
 */
export function createFate(impairment: Impairment, seed: number): (nowMs: number) => number | undefined {
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
