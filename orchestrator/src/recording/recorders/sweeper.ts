import type { Clock } from "../../clock.ts";
import { asRecorderError } from "../../errors.ts";
import type { Engine } from "../engine/engine.ts";

/** Retry interval while the engine is unreachable. */
const RETRY_MS = 1_000;

/** Removes finished containers in the background, because a removal takes the engine 0.1 to 0.5 s. */
export class Sweeper {
  readonly #engine: Pick<Engine, "remove">;
  readonly #clock: Clock;
  readonly #sweeping = new Set<Promise<void>>();

  constructor(engine: Pick<Engine, "remove">, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /**
   * Removes a container in the background; retries while the engine is unreachable.
   *
   * @param afterwards called after the removal, when the container no longer writes to its files. Must not throw.
   */
  sweep(containerId: string, afterwards: () => Promise<void> = async () => undefined): void {
    const sweeping = this.#remove(containerId)
      .then(afterwards)
      .finally(() => this.#sweeping.delete(sweeping));
    this.#sweeping.add(sweeping);
  }

  /** Resolves when all containers are removed. */
  async idle(): Promise<void> {
    while (this.#sweeping.size > 0) await Promise.all(this.#sweeping);
  }

  async #remove(containerId: string): Promise<void> {
    for (;;) {
      try {
        return await this.#engine.remove(containerId);
      } catch (error) {
        // If the engine refuses, the next orchestrator removes the container.
        if (!asRecorderError(error).isTransient) return;
        await this.#clock.sleep(RETRY_MS);
      }
    }
  }
}
