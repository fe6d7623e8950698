import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { callState, isOver } from "../../archive/calls/view.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Paths } from "../../archive/library/paths.ts";
import type { Clock } from "../../clock.ts";
import type { CallId } from "../../ids.ts";
import { Slots } from "../../slots.ts";
import { isJobOver } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { JobView } from "../jobs/jobView.ts";
import { LIVE } from "../live/liveJob.ts";
import { areAmong, inventory } from "./inventory.ts";
import { removalKind } from "./removalKind.ts";
import { SOUND, soundKind } from "./soundKind.ts";
import { type UploaderSettings, uploadKind } from "./uploadKind.ts";
import type { UploadNotifier } from "./uploadNotifier.ts";
import { UploadRecords } from "./uploadRecords.ts";
import type { UploadView } from "./uploadView.ts";

const CONCURRENT_UPLOADERS = 2;
/** Waits until an ended leg has written its manifest and other jobs are queued. */
const SETTLE_MS = 2_000;

export interface UploadSources {
  calls: CallBook;
  clock: Clock;
  jobs: Jobs;
  log: Logger;
  paths: Paths;
  webhooks: UploadNotifier;
}

/** Uploads every call that has ended to the remote, and keeps the copy up to date. */
export class Uploads {
  readonly #settings: UploaderSettings | undefined;
  readonly #sources: UploadSources;
  readonly #records: UploadRecords;
  readonly #waiting = new Set<CallId>();

  /** @param settings undefined if uploads are not configured. */
  constructor(settings: UploaderSettings | undefined, sources: UploadSources) {
    const { calls, jobs, log, paths } = sources;
    this.#settings = settings;
    this.#sources = sources;
    this.#records = new UploadRecords(paths, log);
    if (!settings) return;
    const surroundings = { ...sources, settings, records: this.#records, slots: new Slots(CONCURRENT_UPLOADERS) };
    jobs.register(uploadKind(surroundings));
    jobs.register(removalKind(surroundings));
    jobs.register(soundKind(surroundings));
    calls.on("change", ({ id }) => void this.#soon(id));
    calls.on("change", (manifest) => void this.#followSound(manifest));
    jobs.book.on("change", (job) => void this.#follow(job));
  }

  /** Queues uploads that the previous process did not queue. Call it after its jobs were adopted. Never throws. */
  async start(): Promise<void> {
    const { calls, jobs, log } = this.#sources;
    if (!this.#settings) return;
    try {
      for (const job of jobs.book.views()) await this.#publishFailure(job);
      for await (const { id } of calls.all()) await this.#consider(id);
    } catch (error) {
      log.error({ err: error }, "not all calls could be checked for upload");
    }
  }

  /** The upload of a call; undefined if it was not uploaded yet. */
  async look(id: CallId): Promise<UploadView | undefined> {
    const record = await this.#records.read(id);
    if (!record) return undefined;
    const { remote, verifiedAt, files } = record;
    return { remote, verifiedAt, isWhole: areAmong(await inventory(this.#sources.paths.call(id)), files) };
  }

  /** Whether a call may be removed here: it is completely on a remote, or uploads are not configured. */
  async isSafe({ id }: Pick<Manifest, "id">): Promise<boolean> {
    if (!this.#settings) return true;
    return (await this.look(id))?.isWhole ?? false;
  }

  /** Removes the upload record of a call that is removed here. The remote copy stays. */
  async forget(id: CallId): Promise<void> {
    await this.#records.remove(id);
  }

  /** All remotes that may have files of a call. Call it before `forget`. */
  async remotesOf(id: CallId): Promise<string[]> {
    const record = await this.#records.read(id);
    const { remote, fallback } = this.#settings ?? {};
    // Another remote may have been configured when the call was uploaded.
    return [...new Set([remote, fallback, record?.remote])].filter((one) => one !== undefined);
  }

  /**
   * Queues the removal of a call from remotes.
   *
   * @returns the jobs, and the remotes that keep the call because uploads are not configured any more.
   */
  async removeElsewhere(id: CallId, remotes: readonly string[]): Promise<{ jobs: JobView[]; left: string[] }> {
    if (!this.#settings) return { jobs: [], left: [...remotes] };
    const kind = { name: "upload-removal" };
    const removals = remotes.map((one) =>
      this.#sources.jobs.queue(kind, { callId: id, subject: one, order: { remote: one } }),
    );
    return { jobs: await Promise.all(removals), left: [] };
  }

  /** Uploads the audio segments of a running call; after the call, the whole folder is verified. */
  async #followSound({ id, live }: Manifest): Promise<void> {
    if (live?.endedAt !== null || !live.audio) return;
    const { jobs, log } = this.#sources;
    const ofCall = jobs.book.ofCall(id);
    const stream = ofCall.find((job) => job.kind === LIVE && !isJobOver(job));
    if (!stream || ofCall.some((job) => job.kind === SOUND && job.subject === stream.id)) return;
    try {
      await jobs.queue({ name: SOUND }, { callId: id, subject: stream.id, order: { stream: stream.id } });
    } catch (error) {
      log.error({ callId: id, err: error }, "the upload of a call's audio could not be queued");
    }
  }

  async #soon(id: CallId): Promise<void> {
    if (this.#waiting.has(id)) return;
    this.#waiting.add(id);
    await this.#sources.clock.sleep(SETTLE_MS);
    this.#waiting.delete(id);
    await this.#consider(id);
  }

  async #follow(job: JobView): Promise<void> {
    const { kind, callId, state } = job;
    if (kind === "upload-removal" || (state !== "done" && state !== "failed" && state !== "cancelled")) return;
    // The results of other jobs are also in the call's folder.
    if (kind !== "upload" || state === "done") await this.#soon(callId as CallId);
    else await this.#publishFailure(job);
  }

  /** Publishes upload.failed once, also for a job that failed just before the previous process ended. */
  async #publishFailure({ kind, callId, state, error, endedAt = "" }: JobView): Promise<void> {
    const { webhooks } = this.#sources;
    if (kind !== "upload" || state !== "failed" || !error) return;
    for await (const { type, timestamp } of webhooks.messages({ callId: callId as CallId })) {
      if (type === "upload.failed" && timestamp >= endedAt) return;
    }
    await webhooks.publish(callId as CallId, { type: "upload.failed", data: { callId, error } });
  }

  async #consider(id: CallId): Promise<void> {
    const { calls, jobs, log } = this.#sources;
    try {
      const manifest = await calls.get(id);
      if (!manifest?.legs.every(({ state }) => isOver(state)) || callState(manifest.legs) !== "ready") return;
      const ofCall = jobs.book.ofCall(id);
      // This runs again when another job ends. An upload that failed permanently has to be retried by an operator.
      if (ofCall.some((job) => (job.kind === "upload" ? job.state === "failed" : !isJobOver(job)))) return;
      if (await this.isSafe(manifest)) return;
      await jobs.queue({ name: "upload" }, { callId: id, order: {} });
    } catch (error) {
      log.error({ callId: id, err: error }, "an upload could not be queued");
    }
  }
}
