import type { Logger } from "pino";
import { RecorderError } from "../../errors.ts";
import type { ContainerOutput, ContainerSpec, Engine, RecordingsSource } from "../../recording/engine/engine.ts";
import { LABEL } from "../../recording/engine/labels.ts";
import type { Sweeper } from "../../recording/recorders/sweeper.ts";
import type { JobIn } from "./job.ts";

const MEBIBYTE = 1024 * 1024;
const LAST_WORDS_CHARACTERS = 500;
/** ENOSPC, in words. */
const NO_SPACE = "No space left on device";
/** The role that containers of jobs carry in their labels. */
export const JOB_ROLE = "job";

/** What every container of a job is made with, unless its kind says otherwise. */
export interface JobContainerDefaults {
  project: string;
  image: string;
  recordings: RecordingsSource;
  memoryMebibytes: number;
  cpus: number;
  /** Of 1,024 that recorders and services have. */
  cpuShares: number;
}

/** One command of an image, to be run to its end. */
export interface JobContainer {
  command: readonly string[];
  /** No network, unless one is named. */
  network?: string;
  image?: string;
  /** A volume to be mounted at /config; it and the recordings can be read only then. */
  configuration?: string;
  memoryMebibytes?: number;
  cpus?: number;
  /** Processes and threads. */
  pids?: number;
  /** Each line of stdout as it comes; from the first one again after a restart of the orchestrator. */
  onLine?(line: string): void;
}

export interface JobResult extends ContainerOutput {
  exitCode: number;
}

/** Why a job's signal aborts. */
export type JobStop = "cancelled" | "shutdown";

export interface JobSurroundings {
  engine: Engine;
  sweeper: Pick<Sweeper, "sweep">;
  defaults: JobContainerDefaults;
}

/** What an attempt at a job works with. */
export class JobWork {
  /** Aborts when the job is cancelled or this process shuts down; its reason is a JobStop. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly #job: JobIn<"running">;
  readonly #surroundings: JobSurroundings;
  readonly #onProgress: (percent: number) => void;

  constructor(
    job: JobIn<"running">,
    surroundings: JobSurroundings,
    told: { signal: AbortSignal; log: Logger; onProgress(percent: number): void },
  ) {
    this.#job = job;
    this.#surroundings = surroundings;
    this.signal = told.signal;
    this.log = told.log;
    this.#onProgress = told.onProgress;
  }

  /** @param percent 0 to 100; it never goes back. */
  progress(percent: number): void {
    this.#onProgress(percent);
  }

  /**
   * Runs a container until it ends. The one that this attempt began in an earlier life of the orchestrator is followed
   * instead, and what earlier attempts left is removed first: nothing else writes to this job's files. One at a time.
   *
   * @throws RecorderError JOB_FAILED when it was removed, and what keeps a container from being started; the signal's
   *   reason when the job is cancelled, its container gone by then, or on shutdown, its container still at work.
   */
  async container(order: JobContainer): Promise<JobResult> {
    const { engine, sweeper } = this.#surroundings;
    const spec = this.#spec(order);
    const id = (await this.#running(spec.name)) ?? (await engine.start(spec));
    const over = new AbortController();
    void this.#hear(id, order, AbortSignal.any([this.signal, over.signal]));
    try {
      const exitCode = await engine.exited(id, this.signal);
      if (exitCode === undefined) throw new RecorderError("JOB_FAILED", "it was removed");
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

  /** What cannot be heard is no reason to fail. */
  async #hear(id: string, { onLine }: JobContainer, until: AbortSignal): Promise<void> {
    if (!onLine) return;
    try {
      for await (const line of this.#surroundings.engine.lines(id, until)) onLine(line);
    } catch (error) {
      this.log.debug({ err: error }, "a job was not heard to its end");
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
 * What a container printed that ended well.
 *
 * @throws RecorderError STORAGE_FULL, JOB_FAILED with its last words.
 */
export function mustSucceed({ exitCode, stdout, stderr }: JobResult): string {
  if (exitCode === 0) return stdout;
  if (stderr.includes(NO_SPACE)) throw new RecorderError("STORAGE_FULL", "the job is tried again");
  throw new RecorderError("JOB_FAILED", `exit code ${exitCode}: ${stderr.trim().slice(-LAST_WORDS_CHARACTERS)}`);
}
