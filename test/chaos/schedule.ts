import { seededRandom } from "../fidelity/random.ts";

/** The containers to kill. `recorder` means one of the running recorders. */
export const VICTIMS = ["recorder", "signaling", "orchestrator", "docker-guard", "skyway-webrtc-gateway"] as const;
export type Victim = (typeof VICTIMS)[number];

export interface Kill {
  victim: Victim;
  /** Milliseconds since the previous kill. */
  afterMs: number;
  /** Selects one of several containers; 0 to 1. */
  which: number;
}

/** A killed service is back within this time, so that at most one is down. */
const LEAST_PAUSE_MS = 5_000;
const PAUSE_SPREAD_MS = 4_000;

/** An endless sequence of kills, the same for the same seed: each victim once per round, in random order. */
export function* kills(seed: number): Generator<Kill, never> {
  const random = seededRandom(seed);
  for (;;) {
    const round = [...VICTIMS];
    while (round.length > 0) {
      const [victim] = round.splice(Math.floor(random() * round.length), 1);
      if (!victim) break;
      yield { victim, afterMs: LEAST_PAUSE_MS + random() * PAUSE_SPREAD_MS, which: random() };
    }
  }
}

/** Call durations in milliseconds, the same for the same seed. */
export function* callLengths(seed: number): Generator<number, never> {
  const random = seededRandom(seed);
  for (;;) yield 4_000 + random() * 12_000;
}
