import type { Clock } from "../clock.ts";

interface Sleeper {
  wakesAt: number;
  wake(): void;
}

/** A clock that a test advances. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = "2026-01-01T00:00:00.000Z") {
    this.#nowMs = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  async sleep(ms: number, until?: AbortSignal): Promise<void> {
    if (until?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { wakesAt: this.#nowMs + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    until?.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#sleepers.delete(sleeper);
  }

  /** Advances the time in small steps and runs everything that wakes up. */
  async pass(ms: number, stepMs = 50): Promise<void> {
    const end = this.#nowMs + ms;
    while (this.#nowMs < end) {
      await settle();
      this.#nowMs = Math.min(end, this.#nowMs + stepMs);
      for (const sleeper of this.#sleepers) if (sleeper.wakesAt <= this.#nowMs) sleeper.wake();
    }
    await settle();
  }
}

/** Runs all pending callbacks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
