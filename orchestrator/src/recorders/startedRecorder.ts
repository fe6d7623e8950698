import type { Clock } from "../clock.ts";
import type { Engine, StopSignal } from "../engine/engine.ts";
import { asRecorderError } from "../errors.ts";
import type { RecorderId } from "../ids.ts";
import { type RedirectTargets, redirectTo } from "./redirect.ts";
import type { Sweeper } from "./sweeper.ts";

/** The gateway's BYE ends a recorder in 0.2 s; after this time it is not coming. */
const BYE_GRACE_MS = 1_500;
/** The record script closes its tracks within 6 s of SIGTERM, by force in the end. */
const SIGTERM_GRACE_MS = 8_000;
const SIGKILL_GRACE_MS = 5_000;
/** While the engine is away, it is asked so often whether the recorder has ended. */
const ENGINE_RETRY_MS = 1_000;
const LAST_WORDS_CHARACTERS = 1_000;

/** What a recorder left; its tracks are in the spool. */
export interface FinishedRecorder {
  recorderId: RecorderId;
  /** undefined when the container was removed by someone else. */
  exitCode: number | undefined;
  lastWords: string;
}

/** A recorder whose ports are bound. */
export class StartedRecorder {
  readonly recorderId: RecorderId;
  readonly redirect: RedirectTargets;
  /** Resolves when the container ends, asked to or not. An engine that is away for a while does not end it. */
  readonly exit: Promise<number | undefined>;
  readonly #engine: Engine;
  readonly #containerId: string;
  readonly #clock: Clock;
  readonly #sweeper: Sweeper;

  constructor(
    { engine, clock, sweeper }: { engine: Engine; clock: Clock; sweeper: Sweeper },
    containerId: string,
    recorderId: RecorderId,
    address: string,
  ) {
    this.#engine = engine;
    this.#containerId = containerId;
    this.recorderId = recorderId;
    this.redirect = redirectTo(address);
    this.#clock = clock;
    this.#sweeper = sweeper;
    this.exit = this.#watch();
  }

  /**
   * Waits for the end that the gateway's BYE brings, asks for it by SIGTERM when it does not come, and has the
   * container removed. Files are closed properly in both cases. May be tried again when it fails.
   *
   * @param byeExpected false when nobody can send a BYE: the gateway is gone.
   * @throws RecorderError DOCKER_UNREACHABLE.
   */
  async finish(byeExpected: boolean): Promise<FinishedRecorder> {
    const ended =
      (byeExpected && (await this.#endsWithin(BYE_GRACE_MS))) ||
      (await this.#endsBy("SIGTERM", SIGTERM_GRACE_MS)) ||
      (await this.#endsBy("SIGKILL", SIGKILL_GRACE_MS));
    const exitCode = ended ? (await this.#engine.inspect(this.#containerId))?.exitCode : undefined;
    const { stderr } = await this.#engine.output(this.#containerId);
    this.#sweeper.sweep(this.#containerId);
    return { recorderId: this.recorderId, exitCode, lastWords: stderr.trim().slice(-LAST_WORDS_CHARACTERS) };
  }

  async #endsBy(signal: StopSignal, graceMs: number): Promise<boolean> {
    await this.#engine.kill(this.#containerId, signal);
    return this.#endsWithin(graceMs);
  }

  async #endsWithin(limitMs: number): Promise<boolean> {
    const timeUp = new AbortController();
    const waited = this.#clock.sleep(limitMs, timeUp.signal).then(() => false);
    const ended = await Promise.race([this.exit.then(() => true), waited]);
    timeUp.abort();
    // The news of its end may be stuck behind an engine or a guard that was restarted.
    return ended || !(await this.#engine.inspect(this.#containerId))?.running;
  }

  async #watch(): Promise<number | undefined> {
    for (;;) {
      try {
        return await this.#engine.exited(this.#containerId);
      } catch (error) {
        if (!asRecorderError(error).passes) return undefined;
        await this.#clock.sleep(ENGINE_RETRY_MS);
      }
    }
  }
}
