import type { Clock } from "../../clock.ts";
import type { Engine } from "../engine/engine.ts";

/** How often the engine is asked which recorders run. */
const LOOK_INTERVAL_MS = 2_000;

/**
 * Which recorders occupy a slot: those that are being started or followed, and those that run according to the engine.
 * The engine's word counts: a recorder that it does not list occupies none, even if its end was never noticed.
 */
export class RecorderSlots {
  readonly #engine: Pick<Engine, "running">;
  readonly #onGone: (name: string) => void;
  readonly #starting = new Set<string>();
  readonly #followed = new Set<string>();
  #running: ReadonlySet<string> = new Set();

  /** @param onGone called with the name of a followed recorder that no longer runs. */
  constructor(engine: Pick<Engine, "running">, onGone: (name: string) => void = () => undefined) {
    this.#engine = engine;
    this.#onGone = onGone;
  }

  /** Number of occupied slots. */
  get occupied(): number {
    return new Set([...this.#starting, ...this.#followed, ...this.#running]).size;
  }

  /** Number of recorders that the engine listed as running the last time. */
  get running(): number {
    return this.#running.size;
  }

  /** @param name of the container. */
  starting(name: string): void {
    this.#starting.add(name);
  }

  isStarting(name: string): boolean {
    return this.#starting.has(name);
  }

  /** The recorder has started, and its end will be noticed. */
  followed(name: string): void {
    this.#starting.delete(name);
    this.#followed.add(name);
  }

  /** The recorder has ended, or was not started. */
  free(name: string): void {
    this.#starting.delete(name);
    this.#followed.delete(name);
    this.#running = new Set([...this.#running].filter((one) => one !== name));
  }

  /**
   * Asks the engine, in one request for all recorders.
   *
   * @throws RecorderError, and then nothing changes.
   */
  async look(): Promise<void> {
    const before = [...this.#followed];
    this.#running = new Set(await this.#engine.running("recorder"));
    for (const name of before) {
      if (this.#running.has(name) || !this.#followed.delete(name)) continue;
      this.#onGone(name);
    }
  }

  /** Asks the engine regularly until `until` aborts. Never throws. */
  async watch(clock: Clock, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await this.look().catch(() => undefined);
      await clock.sleep(LOOK_INTERVAL_MS, until);
    }
  }
}
