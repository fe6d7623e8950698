import { seededRandom } from "../fidelity/random.ts";

/** What is killed. `recorder` is one of those that run at that moment. */
export const VICTIMS = ["recorder", "signaling", "orchestrator", "docker-guard", "skyway-webrtc-gateway"] as const;
export type Victim = (typeof VICTIMS)[number];

export interface Kill {
  victim: Victim;
  /** Milliseconds after the kill before it. */
  afterMs: number;
  /** From 0 to 1: which of several. */
  which: number;
}

/** A killed service is back within this time; two at once are another test. */
const LEAST_PAUSE_MS = 5_000;
const PAUSE_SPREAD_MS = 4_000;

/** Kills without end, the same for the same seed: each victim once in every round, in another order. */
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

/** Lengths of calls in milliseconds, the same for the same seed. */
export function* callLengths(seed: number): Generator<number, never> {
  const random = seededRandom(seed);
  for (;;) yield 4_000 + random() * 12_000;
}
