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

const AT_ONCE = 2;
/** A leg that is over writes its manifest a moment later, and other jobs are queued by then. */
const SETTLE_MS = 2_000;

export interface UploadSources {
  calls: CallBook;
  clock: Clock;
  jobs: Jobs;
  log: Logger;
  paths: Paths;
  webhooks: UploadNotifier;
}

/** Sees to it that every call that is over lies on the remote, just as it lies here. */
export class Uploads {
  readonly #settings: UploaderSettings | undefined;
  readonly #sources: UploadSources;
  readonly #records: UploadRecords;
  readonly #waiting = new Set<CallId>();

  /** @param settings undefined where nothing is to be uploaded. */
  constructor(settings: UploaderSettings | undefined, sources: UploadSources) {
    const { calls, jobs, log, paths } = sources;
    this.#settings = settings;
    this.#sources = sources;
    this.#records = new UploadRecords(paths, log);
    if (!settings) return;
    const surroundings = { ...sources, settings, records: this.#records, slots: new Slots(AT_ONCE) };
    jobs.register(uploadKind(surroundings));
    jobs.register(removalKind(surroundings));
    jobs.register(soundKind(surroundings));
    calls.on("change", ({ id }) => void this.#soon(id));
    calls.on("change", (manifest) => void this.#followSound(manifest));
    jobs.book.on("change", (job) => void this.#follow(job));
  }

  /** Queues what an earlier life did not get to, after the jobs that it left were taken up. Never throws. */
  async start(): Promise<void> {
    const { calls, jobs, log } = this.#sources;
    if (!this.#settings) return;
    try {
      for (const job of jobs.book.views()) await this.#tellFailure(job);
      for await (const { id } of calls.all()) await this.#consider(id);
    } catch (error) {
      log.error({ err: error }, "not all calls were looked at for uploading");
    }
  }

  /** Where a call lies besides; undefined where it was not uploaded yet. */
  async look(id: CallId): Promise<UploadView | undefined> {
    const record = await this.#records.read(id);
    if (!record) return undefined;
    const { remote, verifiedAt, files } = record;
    return { remote, verifiedAt, isWhole: areAmong(await inventory(this.#sources.paths.call(id)), files) };
  }

  /** Whether a call may be removed here: it lies on a remote just as it does here, or is not wanted there. */
  async isSafe({ id }: Pick<Manifest, "id">): Promise<boolean> {
    if (!this.#settings) return true;
    return (await this.look(id))?.isWhole ?? false;
  }

  /** Forgets a call that is removed here; it stays where it was uploaded to. */
  async forget(id: CallId): Promise<void> {
    await this.#records.remove(id);
  }

  /** Where anything of a call may lie: asked before it is removed here, since it is forgotten then. */
  async remotesOf(id: CallId): Promise<string[]> {
    const record = await this.#records.read(id);
    const { remote, fallback } = this.#settings ?? {};
    // What is configured may have been another remote when it was uploaded.
    return [...new Set([remote, fallback, record?.remote])].filter((one) => one !== undefined);
  }

  /**
   * Has a call that is removed here removed from remotes.
   *
   * @returns jobs that do so, and remotes on which it stays, since nothing is uploaded any more.
   */
  async removeElsewhere(id: CallId, remotes: readonly string[]): Promise<{ jobs: JobView[]; left: string[] }> {
    if (!this.#settings) return { jobs: [], left: [...remotes] };
    const kind = { name: "upload-removal" };
    const removals = remotes.map((one) =>
      this.#sources.jobs.queue(kind, { callId: id, subject: one, order: { remote: one } }),
    );
    return { jobs: await Promise.all(removals), left: [] };
  }

  /** What is said in a call goes up while it is said; when it is over, all of it is compared. */
  async #followSound({ id, live }: Manifest): Promise<void> {
    if (live?.endedAt !== null || !live.audio) return;
    const { jobs, log } = this.#sources;
    const ofCall = jobs.book.ofCall(id);
    const stream = ofCall.find((job) => job.kind === LIVE && !isJobOver(job));
    if (!stream || ofCall.some((job) => job.kind === SOUND && job.subject === stream.id)) return;
    try {
      await jobs.queue({ name: SOUND }, { callId: id, subject: stream.id, order: { stream: stream.id } });
    } catch (error) {
      log.error({ callId: id, err: error }, "the upload of a call's sound could not be queued");
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
    // What other jobs made lies in the folder, too.
    if (kind !== "upload" || state === "done") await this.#soon(callId as CallId);
    else await this.#tellFailure(job);
  }

  /** Once: also of a job that failed in the last moment of an earlier life. */
  async #tellFailure({ kind, callId, state, error, endedAt = "" }: JobView): Promise<void> {
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
      // It comes again when another job is over. One that failed for good is for an operator to begin again.
      if (ofCall.some((job) => (job.kind === "upload" ? job.state === "failed" : !isJobOver(job)))) return;
      if (await this.isSafe(manifest)) return;
      await jobs.queue({ name: "upload" }, { callId: id, order: {} });
    } catch (error) {
      log.error({ callId: id, err: error }, "an upload could not be queued");
    }
  }
}
