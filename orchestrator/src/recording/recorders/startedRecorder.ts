import type { Clock } from "../../clock.ts";
import { asRecorderError } from "../../errors.ts";
import type { RecorderId } from "../../ids.ts";
import type { Slots } from "../../slots.ts";
import type { ContainerOutput, Engine, StopSignal } from "../engine/engine.ts";
import { type Assembly, assemblyOf } from "./assembly.ts";
import type { AssemblyOrder } from "./commands.ts";
import { type EndedTrack, endedTracks, isEvent, outputAfter } from "./events.ts";
import type { RedirectTargets } from "./redirect.ts";
import { refusedMedia } from "./refusal.ts";
import type { Sweeper } from "./sweeper.ts";

/** The gateway's BYE ends a recorder within 0.2 s; after this time it is considered missing. */
const BYE_GRACE_MS = 1_500;
/** After SIGTERM, the record script closes its tracks within 6 s, if necessary by force. */
const SIGTERM_GRACE_MS = 8_000;
const SIGKILL_GRACE_MS = 5_000;
/** Joining the tracks of a long call reads and writes gigabytes. */
export const ASSEMBLY_TIMEOUT_MS = 60 * 60_000;
/** How often an unreachable engine is asked again whether the recorder has ended. */
const ENGINE_RETRY_MS = 1_000;
/** How often a recorder is inspected in case an event was lost. */
const CHECK_INTERVAL_MS = 1_000;
const STDERR_TAIL_CHARACTERS = 1_000;
/** What is assumed of a container while the engine does not answer. */
const RUNNING = { running: true, exitCode: 0 } as const;

/** A recorder that has ended; its tracks are in the spool. */
export interface FinishedRecorder {
  recorderId: RecorderId;
  /** undefined if something else removed the container. */
  exitCode: number | undefined;
  stderrTail: string;
  /** The tracks that have ended; one is missing if the recorder was killed, or its output is lost. */
  ended: EndedTrack[];
  /** undefined if the recorder did not assemble the leg's file: it had no order, or it failed. */
  assembly: Assembly | undefined;
  /** ffmpeg gave up because of the media that it received: another recorder would give up too. */
  refusedMedia?: boolean;
}

/** Dependencies of recorders. */
export interface RecorderServices {
  engine: Engine;
  clock: Clock;
  sweeper: Sweeper;
  /** How many files are assembled at the same time. */
  assemblies: Slots;
  /** Writes an assembly order to the file that the recorder reads. */
  leaveOrder(order: AssemblyOrder): Promise<void>;
}

/** A recorder whose ports are bound. */
export class StartedRecorder {
  readonly recorderId: RecorderId;
  readonly redirect: RedirectTargets;
  /** Resolves when its tracks have ended, requested or not. A temporarily unreachable engine does not end them. */
  readonly recorded: Promise<void>;
  /** Resolves when the container has ended. */
  readonly exit: Promise<number | undefined>;
  readonly #services: RecorderServices;
  readonly #containerId: string;
  readonly #startedAtMs: number;
  #look = new AbortController();

  /** @param startedAtMs Unix time; unknown if an earlier process has started it. */
  constructor(
    services: RecorderServices,
    containerId: string,
    recorderId: RecorderId,
    redirect: RedirectTargets,
    startedAtMs = Number.NEGATIVE_INFINITY,
  ) {
    this.#services = services;
    this.#containerId = containerId;
    this.#startedAtMs = startedAtMs;
    this.recorderId = recorderId;
    this.redirect = redirect;
    this.exit = this.#watch();
    this.recorded = this.#listen();
  }

  /**
   * Waits until the gateway's BYE ends the recorder, otherwise sends SIGTERM; lets the recorder assemble the leg's file
   * if possible, and schedules the container's removal. Files are always closed properly. Can be retried after a
   * failure.
   *
   * @param byeExpected false if the gateway cannot send a BYE, because it is lost.
   * @param order how to assemble the tracks; without it, they stay as they are.
   * @throws RecorderError DOCKER_UNREACHABLE.
   */
  async finish(byeExpected: boolean, order?: AssemblyOrder): Promise<FinishedRecorder> {
    if (!order) return this.#finish(byeExpected);
    return this.#services.assemblies.use(() => this.#finish(byeExpected, order));
  }

  async #finish(byeExpected: boolean, order?: AssemblyOrder): Promise<FinishedRecorder> {
    const { engine, sweeper, clock } = this.#services;
    const ranMs = clock.now().getTime() - this.#startedAtMs;
    const isOrdered = order !== undefined && (await this.#leave(order));
    const recorded =
      (byeExpected && (await this.#recordedWithin(BYE_GRACE_MS))) ||
      (await this.#recordedBy("SIGTERM", SIGTERM_GRACE_MS)) ||
      (await this.#recordedBy("SIGKILL", SIGKILL_GRACE_MS));
    if (!isOrdered) await engine.kill(this.#containerId, "SIGTERM"); // the recorder must not wait for an order
    const timeoutMs = isOrdered ? ASSEMBLY_TIMEOUT_MS : SIGTERM_GRACE_MS;
    const ended = recorded && (await this.#within(timeoutMs, this.exit, () => this.#hasEnded()));
    const exitCode = ended ? (await engine.inspect(this.#containerId))?.exitCode : undefined;
    const output = await engine.output(this.#containerId);
    sweeper.sweep(this.#containerId);
    return {
      recorderId: this.recorderId,
      exitCode,
      ended: endedTracks(output.stdout),
      stderrTail: output.stderr.trim().slice(-STDERR_TAIL_CHARACTERS),
      assembly: isOrdered ? assembled(exitCode, output) : undefined,
      refusedMedia: refusedMedia(exitCode, ranMs),
    };
  }

  /** @returns false if the order could not be written; then the tracks are assembled in a separate container. */
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

  /** Whether a condition becomes true in time, detected by an event or by polling. */
  async #within(limitMs: number, event: Promise<unknown>, isTrue: () => Promise<boolean>): Promise<boolean> {
    const { clock } = this.#services;
    const until = clock.now().getTime() + limitMs;
    for (;;) {
      const timeUp = new AbortController();
      const leftMs = until - clock.now().getTime();
      const waited = clock.sleep(Math.max(0, Math.min(CHECK_INTERVAL_MS, leftMs)), timeUp.signal).then(() => false);
      const came = await Promise.race([event.then(() => true), waited]);
      timeUp.abort();
      // The event may be lost if the engine or docker-guard was restarted.
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

  /** The engine no longer lists it: asks at once, whatever has become of the connection that waits for its end. */
  hasPerhapsEnded(): void {
    this.#look.abort();
  }

  async #watch(): Promise<number | undefined> {
    const { engine, clock } = this.#services;
    for (;;) {
      this.#look = new AbortController();
      const { signal } = this.#look;
      try {
        return await engine.exited(this.#containerId, signal);
      } catch (error) {
        if (signal.aborted) {
          const facts = await engine.inspect(this.#containerId).catch(() => RUNNING);
          if (!facts?.running) return facts?.exitCode;
        } else if (!asRecorderError(error).isTransient) return undefined;
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
        return; // the container has ended
      } catch {
        await Promise.race([exit, clock.sleep(ENGINE_RETRY_MS, over.signal)]);
      }
    }
  }
}

/** The assembly result; undefined if assembly failed, so that it is repeated in a separate container. */
function assembled(exitCode: number | undefined, { stdout, stderr }: ContainerOutput): Assembly | undefined {
  const assembleOutput = outputAfter("recorded", stdout);
  try {
    return assembleOutput === undefined ? undefined : assemblyOf(exitCode, { stdout: assembleOutput, stderr });
  } catch {
    return undefined;
  }
}
