import { RecorderError } from "../../errors.ts";
import { type CallId, type JobId, newJobId } from "../../ids.ts";
import { LABEL } from "../../recording/engine/labels.ts";
import { type AdmissionRules, admitted } from "./admission.ts";
import { type AttemptSurroundings, attempt, cancelled } from "./attempt.ts";
import { baseOf, isJobOver, type Job, type JobIn } from "./job.ts";
import type { JobKind } from "./jobKind.ts";
import type { JobView } from "./jobView.ts";
import { JOB_ROLE, type JobStop } from "./jobWork.ts";
import { type RegisteredKind, registered } from "./registeredKind.ts";

/** How often the queue is checked against the load. */
const LOOK_INTERVAL_MS = 1_000;

export interface JobsSurroundings extends AttemptSurroundings {
  rules: AdmissionRules;
  /** Number of legs being recorded. */
  legsRecording(): number;
}

interface RunningJob {
  stop: AbortController;
  done: Promise<void>;
}

/** A request for a new job. */
export interface JobRequest<Order> {
  callId: CallId;
  /** The part of the call, such as a leg or a file; the whole call by default. */
  subject?: string | null;
  order: Order;
  /** Whether jobs of new calls come first. */
  isCatchUp?: boolean;
}

/**
 * Follow-up jobs of calls, in short-lived containers. Each state of a job is written to its file before the next step
 * starts, so a restarted process continues where this one stopped.
 */
export class Jobs {
  readonly #surroundings: JobsSurroundings;
  readonly #kinds = new Map<string, RegisteredKind>();
  readonly #running = new Map<JobId, RunningJob>();
  readonly #over = new AbortController();
  #wake: () => void = () => undefined;

  constructor(surroundings: JobsSurroundings) {
    this.#surroundings = surroundings;
  }

  get book() {
    return this.#surroundings.book;
  }

  /** Names of all kinds. */
  get kinds(): string[] {
    return [...this.#kinds.keys()];
  }

  /** Call this before `start`. Jobs of unknown kinds stay queued. */
  register<Order>(kind: JobKind<Order>): void {
    this.#kinds.set(kind.name, registered(kind));
  }

  /** Adopts the jobs of the previous process, then starts working. */
  async start(): Promise<void> {
    const { book, engine } = this.#surroundings;
    await book.load();
    for (const { id, labels } of await engine.list(JOB_ROLE)) {
      const job = book.find(labels[LABEL.jobId] as JobId);
      if (job?.state !== "running" || !this.#kinds.has(job.kind)) await engine.remove(id);
    }
    for (const job of book.all()) if (job.state === "running") this.#run(job);
    void this.#work();
  }

  /** Queues a job. If an active job of the same kind and subject exists, that one is returned. */
  async queue<Order>(kind: Pick<JobKind<Order>, "name">, request: JobRequest<Order>): Promise<JobView> {
    const { book, clock } = this.#surroundings;
    const { callId, subject = null, order, isCatchUp = false } = request;
    const isSame = (job: Job) => job.kind === kind.name && job.subject === subject && !isJobOver(job);
    const same = book.ofCall(callId).find(isSame);
    if (same) return book.view(same);
    const now = clock.now();
    const job: JobIn<"queued"> = {
      ...{ state: "queued", version: 1, id: newJobId(now), kind: kind.name, callId, subject, order, attempts: 0 },
      queuedAt: now.toISOString(),
      ...(isCatchUp && { catchUp: true }),
    };
    await book.put(job);
    book.logOf(job).info("job queued");
    this.#wake();
    return book.view(job);
  }

  /**
   * Cancels an active job. When the promise resolves, its container and its files are removed.
   *
   * @throws RecorderError JOB_NOT_FOUND, JOB_STATE.
   */
  async cancel(id: JobId): Promise<JobView> {
    const { book } = this.#surroundings;
    const job = book.get(id);
    if (isJobOver(job)) throw new RecorderError("JOB_STATE", `it is ${job.state}`);
    const running = this.#running.get(id);
    if (running) {
      running.stop.abort("cancelled" satisfies JobStop);
      await running.done;
    } else {
      await cancelled(job, this.#kinds.get(job.kind), this.#surroundings);
    }
    return book.view(book.get(id));
  }

  /**
   * Queues a failed or cancelled job again.
   *
   * @throws RecorderError JOB_NOT_FOUND, JOB_STATE.
   */
  async retry(id: JobId): Promise<JobView> {
    const { book } = this.#surroundings;
    const job = book.get(id);
    if (job.state !== "failed" && job.state !== "cancelled") throw new RecorderError("JOB_STATE", `it is ${job.state}`);
    const { lastError: _, ...base } = baseOf(job);
    await book.put({ ...base, state: "queued", attempts: 0 });
    book.logOf(job).info("job queued again");
    this.#wake();
    return book.view(book.get(id));
  }

  /** Cancels and removes all jobs of a call. None of them is running when the promise resolves. */
  async forgetCall(callId: CallId): Promise<void> {
    const { book } = this.#surroundings;
    for (const job of book.ofCall(callId)) {
      // The job may end at the same moment.
      if (!isJobOver(job)) await this.cancel(job.id).catch(() => undefined);
      await book.forget(job.id);
    }
  }

  /** Stops working. Containers keep running, and the next process adopts them. */
  async close(): Promise<void> {
    this.#over.abort();
    this.#wake();
    for (const { stop } of this.#running.values()) stop.abort("shutdown" satisfies JobStop);
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #work(): Promise<void> {
    const { book, clock } = this.#surroundings;
    while (!this.#over.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      for (const job of this.#due()) await this.#begin(job);
      await book.forgetOld();
      await Promise.race([woken, clock.sleep(LOOK_INTERVAL_MS, this.#over.signal)]);
    }
  }

  #due(): JobIn<"queued">[] {
    const { book, clock, legsRecording, rules } = this.#surroundings;
    const queued = book.all().flatMap((job) => {
      const kind = this.#kinds.get(job.kind);
      return kind && job.state === "queued" ? [{ job, isHeavy: kind.isHeavy }] : [];
    });
    const heavyRunning = [...this.#running.keys()].filter((id) => this.#isHeavy(book.find(id))).length;
    return admitted(queued, { nowMs: clock.now().getTime(), heavyRunning, legsRecording: legsRecording() }, rules);
  }

  async #begin(job: JobIn<"queued">): Promise<void> {
    const { book, clock } = this.#surroundings;
    if (book.find(job.id) !== job) return; // cancelled in between
    const startedAt = clock.now().toISOString();
    const running: JobIn<"running"> = { ...baseOf(job), state: "running", attempts: job.attempts + 1, startedAt };
    await book.put(running);
    if (book.find(job.id) === running) this.#run(running);
  }

  #run(job: JobIn<"running">): void {
    const kind = this.#kinds.get(job.kind);
    if (!kind || this.#over.signal.aborted) return;
    const stop = new AbortController();
    const done = attempt(job, kind, stop.signal, this.#surroundings).finally(() => {
      this.#running.delete(job.id);
      this.#wake();
    });
    this.#running.set(job.id, { stop, done });
  }

  #isHeavy(job: Job | undefined): boolean {
    return job !== undefined && this.#kinds.get(job.kind)?.isHeavy === true;
  }
}
