import type { CallBook } from "../../archive/calls/callBook.ts";
import { isOver } from "../../archive/calls/view.ts";
import type { LegState, Manifest, ManifestLeg } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import type { LegId } from "../../ids.ts";

export type FinishedLeg = Extract<ManifestLeg, { state: "ready" | "failed" }>;

interface Seen {
  state: LegState;
  sinceMs: number;
}

/** Derives state metrics from manifest changes, so that the recording code does not have to count. */
export class LegWatch {
  readonly #clock: Clock;
  readonly #onFinished: (leg: FinishedLeg, atMs: number) => void;
  readonly #seen = new Map<LegId, Seen>();

  constructor(calls: CallBook, clock: Clock, onFinished: (leg: FinishedLeg, atMs: number) => void) {
    this.#clock = clock;
    this.#onFinished = onFinished;
    calls.on("change", (manifest) => this.#look(manifest));
  }

  /** The number of legs in each state that is not final, and how long the oldest one has been in it. */
  running(): Map<LegState, { legs: number; oldestSeconds: number }> {
    const states = new Map<LegState, { legs: number; oldestSeconds: number }>();
    const now = this.#clock.now().getTime();
    for (const { state, sinceMs } of this.#seen.values()) {
      const { legs, oldestSeconds } = states.get(state) ?? { legs: 0, oldestSeconds: 0 };
      states.set(state, { legs: legs + 1, oldestSeconds: Math.max(oldestSeconds, (now - sinceMs) / 1000) });
    }
    return states;
  }

  #look({ legs }: Manifest): void {
    const now = this.#clock.now().getTime();
    for (const leg of legs) {
      const seen = this.#seen.get(leg.id);
      if (seen?.state === leg.state) continue;
      if (!isOver(leg.state)) this.#seen.set(leg.id, { state: leg.state, sinceMs: now });
      else if (seen) {
        // Legs that ended before this process started are not counted again.
        this.#seen.delete(leg.id);
        this.#onFinished(leg as FinishedLeg, now);
      }
    }
  }
}
