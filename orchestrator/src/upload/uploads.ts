import type { Logger } from "pino";
import type { CallBook } from "../calls/callBook.ts";
import { callState, isOver } from "../calls/view.ts";
import type { Clock } from "../clock.ts";
import type { CallId } from "../ids.ts";
import { isJobOver } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { JobView } from "../jobs/jobView.ts";
import type { Manifest } from "../library/manifest.ts";
import type { Paths } from "../library/paths.ts";
import { Slots } from "../slots.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { areAmong, inventory } from "./inventory.ts";
import { removalKind } from "./removalKind.ts";
import { type UploaderSettings, uploadKind } from "./uploadKind.ts";
import { UploadRecords } from "./uploadRecords.ts";

const AT_ONCE = 2;
/** A leg that is over writes its manifest a moment later, and other jobs are queued by then. */
const SETTLE_MS = 2_000;

export interface UploadSources {
  calls: CallBook;
  clock: Clock;
  jobs: Jobs;
  log: Logger;
  paths: Paths;
  webhooks: Pick<Webhooks, "publish">;
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
    calls.on("change", ({ id }) => void this.#soon(id));
    jobs.book.on("change", (job) => void this.#follow(job));
  }

  /** Queues what an earlier life did not get to, after the jobs that it left were taken up. Never throws. */
  async start(): Promise<void> {
    if (!this.#settings) return;
    try {
      for await (const { id } of this.#sources.calls.all()) await this.#consider(id);
    } catch (error) {
      this.#sources.log.error({ err: error }, "not all calls were looked at for uploading");
    }
  }

  /** Whether a call may be removed here: it lies on a remote just as it does here, or is not wanted there. */
  async isSafe({ id }: Pick<Manifest, "id">): Promise<boolean> {
    if (!this.#settings) return true;
    const record = await this.#records.read(id);
    if (!record) return false;
    return areAmong(await inventory(this.#sources.paths.call(id)), record.files);
  }

  /** Forgets a call that is removed here; it stays where it was uploaded to. */
  async forget(id: CallId): Promise<void> {
    await this.#records.remove(id);
  }

  /** @returns jobs that remove a call that is removed here from where anything of it may be. */
  async removeElsewhere(id: CallId): Promise<JobView[]> {
    if (!this.#settings) return [];
    const { remote, fallback } = this.#settings;
    const remotes = [...new Set([remote, ...(fallback ? [fallback] : [])])];
    const kind = { name: "upload-removal" };
    const removals = remotes.map((one) =>
      this.#sources.jobs.queue(kind, { callId: id, subject: one, order: { remote: one } }),
    );
    return Promise.all(removals);
  }

  async #soon(id: CallId): Promise<void> {
    if (this.#waiting.has(id)) return;
    this.#waiting.add(id);
    await this.#sources.clock.sleep(SETTLE_MS);
    this.#waiting.delete(id);
    await this.#consider(id);
  }

  async #follow({ kind, callId, state, error }: JobView): Promise<void> {
    if (kind === "upload-removal" || (state !== "done" && state !== "failed" && state !== "cancelled")) return;
    const id = callId as CallId;
    // What other jobs made lies in the folder, too.
    if (kind !== "upload" || state === "done") await this.#soon(id);
    else if (state === "failed" && error) {
      await this.#sources.webhooks.publish(id, { type: "upload.failed", data: { callId, error } });
    }
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
