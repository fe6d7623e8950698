import { EventEmitter } from "node:events";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { CallId, JobId } from "../../ids.ts";
import { isJobOver, type Job } from "./job.ts";
import type { JobFiles } from "./jobFiles.ts";
import { type JobView, jobView } from "./jobView.ts";

const HOUR_MS = 60 * 60_000;
/** How long ended jobs are kept. Their results are in the manifest. */
const REMEMBERED_MS = { done: 24 * HOUR_MS, cancelled: 24 * HOUR_MS, failed: 7 * 24 * HOUR_MS };

export interface JobBookSurroundings {
  clock: Clock;
  files: Pick<JobFiles, "write" | "remove" | "read">;
  log: Logger;
}

/** All jobs, in memory and each in its file. Emits `change` for every state and every per cent. */
export class JobBook extends EventEmitter<{ change: [JobView] }> {
  readonly #surroundings: JobBookSurroundings;
  readonly #jobs = new Map<JobId, Job>();
  readonly #percent = new Map<JobId, number>();
  readonly #writing = new Map<JobId, Promise<void>>();

  constructor(surroundings: JobBookSurroundings) {
    super();
    this.setMaxListeners(0); // one listener for each open console
    this.#surroundings = surroundings;
  }

  /** Loads the jobs of the previous process. */
  async load(): Promise<void> {
    for (const job of await this.#surroundings.files.read()) this.#jobs.set(job.id, job);
  }

  /** Sets a job's state in memory at once, and on the volume before the promise resolves. Never throws: errors are logged. */
  async put(job: Job): Promise<void> {
    if (job.state === "queued") this.#percent.delete(job.id);
    this.#jobs.set(job.id, job);
    this.emit("change", this.view(job));
    // Writes are serialised, each with the newest state.
    const written = (this.#writing.get(job.id) ?? Promise.resolve()).then(() => this.#write(job.id));
    this.#writing.set(job.id, written);
    await written;
  }

  /** @param percent never decreases within an attempt. */
  progress(id: JobId, percent: number): void {
    const before = this.#percent.get(id) ?? 0;
    const now = Math.min(100, Math.max(before, percent));
    this.#percent.set(id, now);
    const job = this.#jobs.get(id);
    if (job && Math.floor(now) > Math.floor(before)) this.emit("change", this.view(job));
  }

  async forget(id: JobId): Promise<void> {
    this.#jobs.delete(id);
    this.#percent.delete(id);
    await this.#writing.get(id);
    this.#writing.delete(id);
    await this.#surroundings.files.remove(id);
  }

  async forgetOld(): Promise<void> {
    const now = this.#surroundings.clock.now().getTime();
    for (const job of this.#jobs.values()) {
      if (isJobOver(job) && Date.parse(job.endedAt) < now - REMEMBERED_MS[job.state]) await this.forget(job.id);
    }
  }

  find(id: JobId): Job | undefined {
    return this.#jobs.get(id);
  }

  /** @throws RecorderError JOB_NOT_FOUND. */
  get(id: JobId): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new RecorderError("JOB_NOT_FOUND", id.slice(0, 100));
    return job;
  }

  /** Unordered. */
  all(): Job[] {
    return [...this.#jobs.values()];
  }

  ofCall(callId: CallId): Job[] {
    return this.all().filter((job) => job.callId === callId);
  }

  view(job: Job): JobView {
    return jobView(job, this.#percent.get(job.id) ?? 0);
  }

  /** Newest first. */
  views(jobs: readonly Job[] = this.all()): JobView[] {
    return jobs.map((job) => this.view(job)).sort((one, other) => (one.id < other.id ? 1 : -1));
  }

  logOf({ id, kind, callId }: Pick<Job, "id" | "kind" | "callId">): Logger {
    return this.#surroundings.log.child({ jobId: id, kind, callId });
  }

  async #write(id: JobId): Promise<void> {
    const job = this.#jobs.get(id);
    if (!job) return;
    try {
      await this.#surroundings.files.write(job);
    } catch (error) {
      this.logOf(job).error(
        { code: "STORAGE_UNAVAILABLE", state: job.state, err: error },
        "the state of a job could not be written",
      );
    }
  }
}
