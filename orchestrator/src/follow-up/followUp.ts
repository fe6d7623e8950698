import { availableParallelism } from "node:os";
import type { Archive } from "../archive/archive.ts";
import type { Ground } from "../ground.ts";
import type { CallId } from "../ids.ts";
import { Sweeper } from "../recording/recorders/sweeper.ts";
import type { Recording } from "../recording/recording.ts";
import { FilmDirector } from "./film/filmDirector.ts";
import type { FilmConfiguration } from "./film/filmForm.ts";
import { FilmKind } from "./film/filmJob.ts";
import type { AdmissionRules } from "./jobs/admission.ts";
import { isJobOver } from "./jobs/job.ts";
import { JobBook } from "./jobs/jobBook.ts";
import { JobFiles } from "./jobs/jobFiles.ts";
import { Jobs } from "./jobs/jobs.ts";
import { LiveDirector } from "./live/liveDirector.ts";
import type { LiveConfiguration } from "./live/liveForm.ts";
import { LiveKind } from "./live/liveJob.ts";
import type { PreviewConfiguration } from "./previews/previewConfiguration.ts";
import { PreviewDirector } from "./previews/previewDirector.ts";
import { PreviewKind } from "./previews/previewJob.ts";
import type { RetentionLimits } from "./retention/callsToRemove.ts";
import { Retention } from "./retention/retention.ts";
import type { UploaderSettings } from "./upload/uploadKind.ts";
import type { UploadNotifier } from "./upload/uploadNotifier.ts";
import { Uploads } from "./upload/uploads.ts";

/** The part of the configuration that follow-up work depends on. */
export interface FollowUpSettings {
  /** Compose project. */
  project: string;
  transcoderImage: string;
  jobs: AdmissionRules & { cpuShares: number; memoryMebibytes: number; cpus: number };
  film: FilmConfiguration;
  previews: PreviewConfiguration;
  live: LiveConfiguration;
  /** undefined: no call is shown live. */
  liveImage: string | undefined;
  liveNetwork: string | undefined;
  /** undefined: nothing is uploaded. */
  upload: UploaderSettings | undefined;
  retention: RetentionLimits;
}

/** What programs outside are told, and forget with their call. */
export type Notifier = UploadNotifier & { forget(callId: CallId): Promise<void> };

/** What is done with calls besides recording them. */
export class FollowUp {
  readonly jobs: Jobs;
  readonly uploads: Uploads;
  readonly #film: FilmDirector;
  readonly #previews: PreviewDirector;
  readonly #live: LiveDirector;
  readonly #streams: LiveKind | undefined;
  readonly #retention: Retention;

  constructor(
    settings: FollowUpSettings,
    { calls, library, storage }: Archive,
    { engine, recorders, source, runningLegs }: Recording,
    webhooks: Notifier,
    { clock, log, metrics }: Ground,
  ) {
    const { cpuShares, memoryMebibytes, cpus, ...rules } = settings.jobs;
    const jobs = new Jobs({
      ...{ engine, clock, sweeper: new Sweeper(engine, clock) },
      book: new JobBook({ clock, files: new JobFiles(library.paths, log), log }),
      defaults: {
        project: settings.project,
        image: settings.transcoderImage,
        recordings: source,
        ...{ cpuShares, memoryMebibytes },
        cpus: Math.min(cpus, availableParallelism()), // the engine refuses more
      },
      rules,
      legsRecording: () => recorders.running,
    });
    const directors = { calls, clock, jobs, log };
    this.jobs = jobs;
    this.uploads = new Uploads(settings.upload, { ...directors, paths: library.paths, webhooks });
    this.#film = new FilmDirector(settings.film, directors);
    jobs.register(new FilmKind({ calls, clock, library, storage }));
    this.#previews = new PreviewDirector(settings.previews, directors);
    jobs.register(new PreviewKind({ calls, library, storage }));
    this.#live = new LiveDirector(settings.live, directors);
    const { liveImage: image, liveNetwork: network } = settings;
    const stream = { calls, clock, paths: library.paths, network };
    this.#streams = image ? new LiveKind(settings.live, { ...stream, image }) : undefined;
    if (this.#streams) jobs.register(this.#streams);
    const { uploads } = this;
    this.#retention = new Retention(settings.retention, {
      ...{ calls, clock, runningLegs, jobs, library, log, metrics, uploads, webhooks },
      isSafe: async (manifest) => jobs.book.ofCall(manifest.id).every(isJobOver) && uploads.isSafe(manifest),
    });
  }

  /** Resumes the jobs that an earlier process left, then follows calls until `until` aborts. */
  async start(until: AbortSignal): Promise<void> {
    const { jobs } = this;
    await jobs.start();
    await this.#streams?.sweep(jobs.book.all().flatMap((job) => (isJobOver(job) ? [] : [job.callId])));
    void this.uploads.start(); // looks at every call, which may be many
    await this.#film.watch();
    await this.#previews.watch();
    void this.#retention.watch(until);
    void this.#live.watch(until);
  }

  /** Leaves running jobs to the next start. */
  close(): Promise<void> {
    return this.jobs.close();
  }
}
