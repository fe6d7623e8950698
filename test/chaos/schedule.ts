import { seededRandom } from "../fidelity/random.ts";

/** The parts to strike. `recorder` means one of the running recorders. */
export const VICTIMS = [
  "recorder",
  "signaling",
  "orchestrator",
  "docker-guard",
  "recorder-network",
  "skyway-webrtc-gateway",
  "web",
] as const;
export type Victim = (typeof VICTIMS)[number];

/** SIGKILL, like the kernel's OOM killer; or a pause, like a suspended or overloaded host. */
const BLOWS = ["killed", "frozen"] as const;

export interface Blow {
  victim: Victim;
  how: (typeof BLOWS)[number];
}

/** One or two parts that are struck at the same time. */
export interface Strike {
  blows: readonly Blow[];
  /** Milliseconds since everything was healthy again after the previous strike. */
  afterMs: number;
  /** How long the frozen parts stand still. */
  frozenMs: number;
  /** Selects one of several containers; 0 to 1. */
  which: number;
}

const LEAST_PAUSE_MS = 2_000;
const PAUSE_SPREAD_MS = 3_000;
const LEAST_FROZEN_MS = 3_000;
const FROZEN_SPREAD_MS = 8_000;

const SINGLE = VICTIMS.flatMap((victim) => BLOWS.map((how): Blow => ({ victim, how })));
/** Every blow with every blow to another part. */
const PAIRS = SINGLE.flatMap((one, at) =>
  SINGLE.slice(at + 1)
    .filter(({ victim }) => victim !== one.victim)
    .map((other) => [one, other]),
);
/** Strikes until every part and every pair of parts was killed and frozen once. */
export const ROUND = SINGLE.length + PAIRS.length;

/**
 * An endless sequence of strikes, the same for the same seed: in each round, each blow and each pair of blows once, in
 * random order. A pair comes first, so that short runs also have one.
 */
export function* strikes(seed: number): Generator<Strike, never> {
  const random = seededRandom(seed);
  for (;;) {
    const pairs = shuffled(PAIRS, random);
    const single = shuffled(
      SINGLE.map((blow) => [blow]),
      random,
    );
    while (pairs.length + single.length > 0) {
      for (const blows of [pairs.pop(), single.pop()]) {
        if (!blows) continue;
        const frozenMs = LEAST_FROZEN_MS + random() * FROZEN_SPREAD_MS;
        yield { blows, afterMs: LEAST_PAUSE_MS + random() * PAUSE_SPREAD_MS, frozenMs, which: random() };
      }
    }
  }
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

/** Call durations in milliseconds, the same for the same seed. */
export function* callLengths(seed: number): Generator<number, never> {
  const random = seededRandom(seed);
  for (;;) yield 4_000 + random() * 12_000;
}
