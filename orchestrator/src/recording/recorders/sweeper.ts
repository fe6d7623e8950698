import type { Clock } from "../../clock.ts";
import { asRecorderError } from "../../errors.ts";
import type { Engine } from "../engine/engine.ts";

/** While the engine is away, it is asked so often. */
const RETRY_MS = 1_000;

/** Removes containers that have done their work, while nobody waits: it takes the engine 0.1 to 0.5 s. */
export class Sweeper {
  readonly #engine: Pick<Engine, "remove">;
  readonly #clock: Clock;
  readonly #sweeping = new Set<Promise<void>>();

  constructor(engine: Pick<Engine, "remove">, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /**
   * The container is gone in a moment, or as soon as the engine is back.
   *
   * @param afterwards is called then: nothing writes into its files any more. It does not throw.
   */
  sweep(containerId: string, afterwards: () => Promise<void> = async () => undefined): void {
    const sweeping = this.#remove(containerId)
      .then(afterwards)
      .finally(() => this.#sweeping.delete(sweeping));
    this.#sweeping.add(sweeping);
  }

  /** Resolves when nothing is left to remove. */
  async idle(): Promise<void> {
    while (this.#sweeping.size > 0) await Promise.all(this.#sweeping);
  }

  async #remove(containerId: string): Promise<void> {
    for (;;) {
      try {
        return await this.#engine.remove(containerId);
      } catch (error) {
        // What the engine refuses is removed by the next orchestrator.
        if (!asRecorderError(error).isTransient) return;
        await this.#clock.sleep(RETRY_MS);
      }
    }
  }
}
