import type { Logger } from "pino";
import { RecorderError } from "../../errors.ts";
import type { ContainerOutput, ContainerSpec, Engine, RecordingsSource } from "../../recording/engine/engine.ts";
import { LABEL } from "../../recording/engine/labels.ts";
import type { Sweeper } from "../../recording/recorders/sweeper.ts";
import type { JobIn } from "./job.ts";

const MEBIBYTE = 1024 * 1024;
const ERROR_EXCERPT_CHARACTERS = 500;
/** The message of ENOSPC. */
const NO_SPACE = "No space left on device";
/** Role label of job containers. */
export const JOB_ROLE = "job";

/** Defaults for job containers, which a kind can override. */
export interface JobContainerDefaults {
  project: string;
  image: string;
  recordings: RecordingsSource;
  memoryMebibytes: number;
  cpus: number;
  /** Recorders and services have 1,024. */
  cpuShares: number;
}

/** A command to run to completion in a container. */
export interface JobContainer {
  command: readonly string[];
  /** No network by default. */
  network?: string;
  image?: string;
  /** A volume to mount at /config. Both this volume and the recordings are read-only then. */
  configuration?: string;
  memoryMebibytes?: number;
  cpus?: number;
  /** Limit of processes and threads. */
  pids?: number;
  /** Milliseconds after which the container is removed and the attempt fails; a day by default. */
  limitMs?: number;
  /** Called for each line of stdout; starts again at the first line after a restart of the orchestrator. */
  onLine?(line: string): void;
}

/** Jobs that do not say how long they may take wait for the network, or follow a call. */
const DEFAULT_LIMIT_MS = 24 * 60 * 60_000;
/** The longest time of a timer. */
const LONGEST_LIMIT_MS = 2 ** 31 - 1;

export interface JobResult extends ContainerOutput {
  exitCode: number;
}

/** The reason of a job's abort signal. */
export type JobStop = "cancelled" | "shutdown";

export interface JobSurroundings {
  engine: Engine;
  sweeper: Pick<Sweeper, "sweep">;
  defaults: JobContainerDefaults;
}

/** Tools for one attempt at a job. */
export class JobWork {
  /** Aborts when the job is cancelled or this process shuts down; the reason is a JobStop. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly #job: JobIn<"running">;
  readonly #surroundings: JobSurroundings;
  readonly #onProgress: (percent: number) => void;

  constructor(
    job: JobIn<"running">,
    surroundings: JobSurroundings,
    context: { signal: AbortSignal; log: Logger; onProgress(percent: number): void },
  ) {
    this.#job = job;
    this.#surroundings = surroundings;
    this.signal = context.signal;
    this.log = context.log;
    this.#onProgress = context.onProgress;
  }

  /** @param percent 0 to 100; never decreases. */
  progress(percent: number): void {
    this.#onProgress(percent);
  }

  /**
   * Runs a container until it exits. If this attempt started one before the orchestrator restarted, that one is adopted
   * instead. Containers of earlier attempts are removed first, so that nothing else writes to this job's files. Only
   * one container at a time.
   *
   * @throws RecorderError JOB_TOO_LONG after its time limit, JOB_FAILED if the container was removed, and errors of
   *   starting it; the signal's reason if the job is cancelled (the container is removed by then) or on shutdown (the
   *   container keeps running).
   */
  async container(order: JobContainer): Promise<JobResult> {
    const { engine, sweeper } = this.#surroundings;
    const spec = this.#spec(order);
    const id = (await this.#running(spec.name)) ?? (await engine.start(spec));
    const over = new AbortController();
    void this.#followOutput(id, order, AbortSignal.any([this.signal, over.signal]));
    const { limitMs = DEFAULT_LIMIT_MS } = order;
    const limit = AbortSignal.timeout(Math.ceil(Math.min(limitMs, LONGEST_LIMIT_MS)));
    try {
      const exitCode = await engine.exited(id, AbortSignal.any([this.signal, limit])).catch((error: unknown) => {
        if (!limit.aborted || this.signal.aborted) throw error;
        throw new RecorderError("JOB_TOO_LONG", `it had ${Math.round(limitMs / 1000)} s`);
      });
      if (exitCode === undefined) throw new RecorderError("JOB_FAILED", "its container was removed");
      return { exitCode, ...(await engine.output(id)) };
    } finally {
      over.abort();
      if (!this.signal.aborted) sweeper.sweep(id);
      else if ((this.signal.reason as JobStop) === "cancelled") await engine.remove(id);
    }
  }

  async #running(name: string): Promise<string | undefined> {
    const { engine } = this.#surroundings;
    const own = (await engine.list(JOB_ROLE)).filter(({ labels }) => labels[LABEL.jobId] === this.#job.id);
    for (const left of own) if (left.name !== name) await engine.remove(left.id);
    const found = own.find((container) => container.name === name);
    if (found) this.log.info({ running: found.running }, "job adopted");
    return found?.id;
  }

  /** A failure to read the output does not fail the job. */
  async #followOutput(id: string, { onLine }: JobContainer, until: AbortSignal): Promise<void> {
    if (!onLine) return;
    try {
      for await (const line of this.#surroundings.engine.lines(id, until)) onLine(line);
    } catch (error) {
      this.log.debug({ err: error }, "the output of a job could not be read to its end");
    }
  }

  #spec(order: JobContainer): ContainerSpec {
    const { defaults } = this.#surroundings;
    const { id, callId, attempts } = this.#job;
    return {
      name: `${defaults.project}-${JOB_ROLE}-${id}-${attempts}`,
      image: order.image ?? defaults.image,
      command: order.command,
      labels: { [LABEL.role]: JOB_ROLE, [LABEL.jobId]: id, [LABEL.callId]: callId },
      network: order.network,
      recordings: defaults.recordings,
      configuration: order.configuration,
      memoryBytes: (order.memoryMebibytes ?? defaults.memoryMebibytes) * MEBIBYTE,
      nanoCpus: Math.round((order.cpus ?? defaults.cpus) * 1e9),
      cpuShares: defaults.cpuShares,
      ...(order.pids !== undefined && { pids: order.pids }),
    };
  }
}

/**
 * The stdout of a container that succeeded.
 *
 * @throws RecorderError STORAGE_FULL, or JOB_FAILED with the end of stderr.
 */
export function mustSucceed({ exitCode, stdout, stderr }: JobResult): string {
  if (exitCode === 0) return stdout;
  if (stderr.includes(NO_SPACE)) throw new RecorderError("STORAGE_FULL", "the job is retried");
  throw new RecorderError("JOB_FAILED", `exit code ${exitCode}: ${stderr.trim().slice(-ERROR_EXCERPT_CHARACTERS)}`);
}
