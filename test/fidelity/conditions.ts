import type { Impairment } from "./impairment.ts";
import { FRAME_RATE } from "./pattern.ts";

/** A network condition and the requirements for a recording over it. */
export interface Condition {
  name: string;
  impairment: Impairment;
  /** Minimum share of the sent frames that is recorded, not counting frames sent during an outage. */
  present: number;
  /** Limit of the 95th percentile of the A/V offset relative to the reference receiver. */
  offsetP95Ms: number;
  /** Limit of the longest gap between recorded frames. */
  holeMs: number;
}

const ONE_FRAME_MS = 1.5 * (1000 / FRAME_RATE);
const OUTAGE_MS = 3_000;

/** The rows of docs/fidelity.md. Delays are round-trip times; each direction has half. */
export const CONDITIONS: readonly Condition[] = [
  { name: "clean", impairment: {}, present: 1, offsetP95Ms: 20, holeMs: ONE_FRAME_MS },
  {
    name: "2 % loss, 50 ms RTT",
    impairment: { loss: 0.02, delayMs: 25 },
    ...{ present: 1, offsetP95Ms: 20, holeMs: ONE_FRAME_MS },
  },
  {
    name: "5 % loss, 100 ms RTT",
    impairment: { loss: 0.05, delayMs: 50 },
    ...{ present: 0.999, offsetP95Ms: 20, holeMs: 100 },
  },
  {
    name: "10 % loss in bursts of 3, 200 ms RTT",
    impairment: { loss: 0.1, burst: 3, delayMs: 100 },
    ...{ present: 0.99, offsetP95Ms: 40, holeMs: 500 },
  },
  {
    name: "30 ms jitter, 1 % reordered",
    impairment: { jitterMs: 30, reordered: 0.01 },
    ...{ present: 1, offsetP95Ms: 20, holeMs: ONE_FRAME_MS },
  },
  {
    name: "outage of 3 s in mid-call",
    impairment: { outage: { fromMs: 8_000, forMs: OUTAGE_MS } },
    ...{ present: 1, offsetP95Ms: 40, holeMs: OUTAGE_MS + 1_000 },
  },
];
