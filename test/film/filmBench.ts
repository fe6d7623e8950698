import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { CallBook } from "../../orchestrator/src/archive/calls/callBook.ts";
import { Library } from "../../orchestrator/src/archive/library/library.ts";
import type { Film, LegIn } from "../../orchestrator/src/archive/library/manifest.ts";
import { Paths } from "../../orchestrator/src/archive/library/paths.ts";
import { systemClock } from "../../orchestrator/src/clock.ts";
import type { FilmForm } from "../../orchestrator/src/follow-up/film/filmForm.ts";
import { FilmKind } from "../../orchestrator/src/follow-up/film/filmJob.ts";
import { JobBook } from "../../orchestrator/src/follow-up/jobs/jobBook.ts";
import { JobFiles } from "../../orchestrator/src/follow-up/jobs/jobFiles.ts";
import { Jobs } from "../../orchestrator/src/follow-up/jobs/jobs.ts";
import type { JobView } from "../../orchestrator/src/follow-up/jobs/jobView.ts";
import { PreviewKind } from "../../orchestrator/src/follow-up/previews/previewJob.ts";
import { type CallId, newCallId } from "../../orchestrator/src/ids.ts";
import { DockerEngine } from "../../orchestrator/src/recording/engine/dockerEngine.ts";
import { Sweeper } from "../../orchestrator/src/recording/recorders/sweeper.ts";
import { removeRecorderContainers } from "../bundle/containers.ts";
import { TRANSCODER_IMAGE } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";

const LIMIT_MS = 120_000;

/** The film-making components of an orchestrator, between one start and stop. */
export interface FilmMakers {
  jobs: Jobs;
  calls: CallBook;
  library: Library;
}

/** A separate volume and project on the real engine, so that the test bundle is not affected. */
export class FilmBench implements AsyncDisposable {
  readonly project = `skyway-call-recorder-film-${randomUUID().slice(0, 8)}`;
  readonly paths: Paths;
  readonly #cpus: number;

  private constructor(volume: string, cpus: number) {
    this.paths = new Paths(volume);
    this.#cpus = cpus;
  }

  /** @param cpus CPU limit of a job. Default: 1. */
  static async open({ cpus = 1 } = {}): Promise<FilmBench> {
    const bench = new FilmBench(await mkdtemp(join(tmpdir(), "recordings-")), cpus);
    for (const folder of [bench.paths.root, bench.paths.spool]) await openToAll(folder);
    return bench;
  }

  /** Creates a call without legs, and its folder. */
  async newCall(start: Date): Promise<CallId> {
    const id = newCallId(start);
    await openToAll(this.paths.call(id));
    return id;
  }

  /** Writes the manifest of a call whose recordings are in its folder. */
  async describe(id: CallId, start: Date, legs: LegIn<"ready">[]): Promise<void> {
    const manifest = { version: 1 as const, id, key: "talk", startedAt: start.toISOString(), legs };
    await new Library(this.paths, pino({ level: "silent" })).writeManifest(manifest);
  }

  async begin(): Promise<FilmMakers> {
    const log = pino({ level: "silent" });
    const engine = new DockerEngine(this.project);
    const library = new Library(this.paths, log);
    const calls = new CallBook(library, systemClock);
    const jobs = new Jobs({
      ...{ engine, clock: systemClock, sweeper: new Sweeper(engine, systemClock) },
      book: new JobBook({ clock: systemClock, files: new JobFiles(library.paths, log), log }),
      defaults: {
        ...{ project: this.project, image: TRANSCODER_IMAGE },
        ...{ memoryMebibytes: 1_024, cpus: this.#cpus, cpuShares: 128 },
        recordings: { type: "bind", source: this.paths.root },
      },
      rules: { concurrent: 1, whileRecordingAtMost: 1_000 },
      legsRecording: () => 0,
    });
    const storage = { check: async () => {} };
    jobs.register(new FilmKind({ calls, clock: systemClock, library, storage }));
    jobs.register(new PreviewKind({ calls, library, storage }));
    await jobs.start();
    return { jobs, calls, library };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeRecorderContainers(this.project);
    await rm(this.paths.root, { recursive: true });
  }
}

/** Makes the film of some legs of a call and returns its path. */
export async function makeFilm(
  { jobs, calls, library }: FilmMakers,
  callId: CallId,
  form: FilmForm,
  legs: readonly Pick<LegIn<"ready">, "id">[],
): Promise<{ film: Film; path: string; job: JobView }> {
  const { id } = await jobs.queue({ name: "film" }, { callId, order: { form, legs: legs.map((leg) => leg.id) } });
  const job = await jobDone(jobs, id);
  const film = (await calls.get(callId))?.film;
  if (!film) throw new Error("the manifest has no film");
  return { film, path: library.paths.recording(callId, film.file.name), job };
}

/** Waits for a job. @throws the job's error. */
export function jobDone(jobs: Jobs, id: string): Promise<JobView> {
  const seen = () => jobs.book.views().find((job) => job.id === id);
  return waitFor(
    "the job is done",
    LIMIT_MS,
    () => {
      const view = seen();
      if (view?.state === "failed") throw new Error(JSON.stringify(view));
      return view?.state === "done" ? view : undefined;
    },
    seen,
  );
}

async function openToAll(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o2777); // jobs run as 10001, and this process reads their files by its group
}
