import type { Clock } from "../../clock.ts";
import { asRecorderError } from "../../errors.ts";
import type { RecorderId } from "../../ids.ts";
import type { ContainerOutput, Engine, StopSignal } from "../engine/engine.ts";
import { type Assembly, assemblyOf } from "./assembly.ts";
import type { AssemblyOrder } from "./commands.ts";
import { isEvent, outputAfter } from "./events.ts";
import { type RedirectTargets, redirectTo } from "./redirect.ts";
import type { Sweeper } from "./sweeper.ts";

/** The gateway's BYE ends a recorder in 0.2 s; after this time it is not coming. */
const BYE_GRACE_MS = 1_500;
/** The record script closes its tracks within 6 s of SIGTERM, by force in the end. */
const SIGTERM_GRACE_MS = 8_000;
const SIGKILL_GRACE_MS = 5_000;
/** Joining a long call reads and writes gigabytes. */
export const ASSEMBLY_TIMEOUT_MS = 60 * 60_000;
/** While the engine is away, it is asked so often whether the recorder has ended. */
const ENGINE_RETRY_MS = 1_000;
/** A stream of lines that ended without a reason is opened again after this time. */
const LINES_RETRY_MS = 100;
/** News that does not come is looked for so often. */
const CHECK_INTERVAL_MS = 1_000;
const STDERR_TAIL_CHARACTERS = 1_000;

/** What a recorder left; its tracks are in the spool. */
export interface FinishedRecorder {
  recorderId: RecorderId;
  /** undefined when the container was removed by someone else. */
  exitCode: number | undefined;
  stderrTail: string;
  /** undefined when it has not put the leg's file together: it was not asked to, or it failed. */
  assembly: Assembly | undefined;
}

/** What recorders need of the rooms around them. */
export interface RecorderServices {
  engine: Engine;
  clock: Clock;
  sweeper: Sweeper;
  /** Puts an order where the recorder looks for it. */
  leaveOrder(order: AssemblyOrder): Promise<void>;
}

/** A recorder whose ports are bound. */
export class StartedRecorder {
  readonly recorderId: RecorderId;
  readonly redirect: RedirectTargets;
  /** Resolves when its tracks have ended, asked to or not. An engine that is away for a while does not end them. */
  readonly recorded: Promise<void>;
  /** Resolves when the container has ended. */
  readonly exit: Promise<number | undefined>;
  readonly #services: RecorderServices;
  readonly #containerId: string;

  constructor(services: RecorderServices, containerId: string, recorderId: RecorderId, address: string) {
    this.#services = services;
    this.#containerId = containerId;
    this.recorderId = recorderId;
    this.redirect = redirectTo(address, recorderId);
    this.exit = this.#watch();
    this.recorded = this.#listen();
  }

  /**
   * Waits for the end that the gateway's BYE brings, asks for it by SIGTERM when it does not come, lets the recorder
   * put the leg's file together where it can, and has the container removed. Files are closed properly in all cases.
   * May be tried again when it fails.
   *
   * @param byeExpected false when nobody can send a BYE: the gateway is gone.
   * @param order what is to be made of the tracks; without it they stay as they are.
   * @throws RecorderError DOCKER_UNREACHABLE.
   */
  async finish(byeExpected: boolean, order?: AssemblyOrder): Promise<FinishedRecorder> {
    const { engine, sweeper } = this.#services;
    const isOrdered = order !== undefined && (await this.#leave(order));
    const recorded =
      (byeExpected && (await this.#recordedWithin(BYE_GRACE_MS))) ||
      (await this.#recordedBy("SIGTERM", SIGTERM_GRACE_MS)) ||
      (await this.#recordedBy("SIGKILL", SIGKILL_GRACE_MS));
    if (!isOrdered) await engine.kill(this.#containerId, "SIGTERM"); // it need not wait for an order
    const timeoutMs = isOrdered ? ASSEMBLY_TIMEOUT_MS : SIGTERM_GRACE_MS;
    const ended = recorded && (await this.#within(timeoutMs, this.exit, () => this.#hasEnded()));
    const exitCode = ended ? (await engine.inspect(this.#containerId))?.exitCode : undefined;
    const output = await engine.output(this.#containerId);
    sweeper.sweep(this.#containerId);
    return {
      recorderId: this.recorderId,
      exitCode,
      stderrTail: output.stderr.trim().slice(-STDERR_TAIL_CHARACTERS),
      assembly: isOrdered ? assembled(exitCode, output) : undefined,
    };
  }

  /** What cannot be written to the spool now is a matter for whoever assembles. */
  #leave(order: AssemblyOrder): Promise<boolean> {
    return this.#services.leaveOrder(order).then(
      () => true,
      () => false,
    );
  }

  async #recordedBy(signal: StopSignal, graceMs: number): Promise<boolean> {
    await this.#services.engine.kill(this.#containerId, signal);
    return this.#recordedWithin(graceMs);
  }

  #recordedWithin(limitMs: number): Promise<boolean> {
    return this.#within(limitMs, this.recorded, () => this.#hasRecorded());
  }

  /** Whether something becomes true in time, by the news of it or by looking. */
  async #within(limitMs: number, news: Promise<unknown>, isTrue: () => Promise<boolean>): Promise<boolean> {
    const { clock } = this.#services;
    const until = clock.now().getTime() + limitMs;
    for (;;) {
      const timeUp = new AbortController();
      const leftMs = until - clock.now().getTime();
      const waited = clock.sleep(Math.max(0, Math.min(CHECK_INTERVAL_MS, leftMs)), timeUp.signal).then(() => false);
      const came = await Promise.race([news.then(() => true), waited]);
      timeUp.abort();
      // The news may be stuck behind an engine or a guard that was restarted.
      if (came || (await isTrue())) return true;
      if (leftMs <= CHECK_INTERVAL_MS) return false;
    }
  }

  async #hasEnded(): Promise<boolean> {
    return !(await this.#services.engine.inspect(this.#containerId))?.running;
  }

  async #hasRecorded(): Promise<boolean> {
    const { stdout } = await this.#services.engine.output(this.#containerId);
    return outputAfter("recorded", stdout) !== undefined || this.#hasEnded();
  }

  async #watch(): Promise<number | undefined> {
    const { engine, clock } = this.#services;
    for (;;) {
      try {
        return await engine.exited(this.#containerId);
      } catch (error) {
        if (!asRecorderError(error).isTransient) return undefined;
        await clock.sleep(ENGINE_RETRY_MS);
      }
    }
  }

  async #listen(): Promise<void> {
    const { engine, clock } = this.#services;
    const over = new AbortController();
    const exit = this.exit.then(() => over.abort());
    while (!over.signal.aborted) {
      try {
        for await (const line of engine.lines(this.#containerId, over.signal)) if (isEvent("recorded", line)) return;
        await Promise.race([exit, clock.sleep(LINES_RETRY_MS, over.signal)]);
      } catch {
        await Promise.race([exit, clock.sleep(ENGINE_RETRY_MS, over.signal)]);
      }
    }
  }
}

/** What was not assembled here is assembled elsewhere. */
function assembled(exitCode: number | undefined, { stdout, stderr }: ContainerOutput): Assembly | undefined {
  const said = outputAfter("recorded", stdout);
  try {
    return said === undefined ? undefined : assemblyOf(exitCode, { stdout: said, stderr });
  } catch {
    return undefined;
  }
}
