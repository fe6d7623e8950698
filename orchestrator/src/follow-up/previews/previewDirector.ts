import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { isOver } from "../../archive/calls/view.ts";
import type { Manifest, RecordingFile } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import type { CallId } from "../../ids.ts";
import type { Job } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { PreviewConfiguration } from "./previewConfiguration.ts";
import { previewedFiles } from "./previewedFiles.ts";
import type { PreviewOrder } from "./previewJob.ts";

/** After a restart, calls that began within this time get missing previews. */
const CATCH_UP_MS = 48 * 60 * 60_000;

interface DirectorRooms {
  calls: CallBook;
  clock: Clock;
  jobs: Jobs;
  log: Logger;
}

/** Queues a preview of every recording when its call has ended, and of every film. */
export class PreviewDirector {
  readonly #configuration: PreviewConfiguration;
  readonly #rooms: DirectorRooms;
  /** Serialises the checks of each call, so that no job is queued twice. */
  readonly #looking = new Map<CallId, Promise<void>>();

  constructor(configuration: PreviewConfiguration, rooms: DirectorRooms) {
    this.#configuration = configuration;
    this.#rooms = rooms;
  }

  /** Watches calls from now on, and catches up on earlier ones. */
  async watch(): Promise<void> {
    const { calls, clock } = this.#rooms;
    if (!this.#configuration.enabled) return;
    calls.on("change", (manifest) => this.#look(manifest));
    const since = clock.now().getTime() - CATCH_UP_MS;
    for await (const manifest of calls.all()) {
      if (Date.parse(manifest.startedAt) < since) break;
      this.#look(manifest, true);
    }
  }

  #look(manifest: Manifest, isCatchUp = false): void {
    if (!manifest.legs.every(({ state }) => isOver(state))) return;
    const { id } = manifest;
    const looked = (this.#looking.get(id) ?? Promise.resolve()).then(() => this.#queue(manifest, isCatchUp));
    this.#looking.set(id, looked);
    void looked.then(() => this.#looking.get(id) === looked && this.#looking.delete(id));
  }

  async #queue(manifest: Manifest, isCatchUp: boolean): Promise<void> {
    const { jobs, log } = this.#rooms;
    const { id: callId } = manifest;
    for (const file of previewedFiles(manifest)) {
      try {
        if (!this.#isDue(manifest, file)) continue;
        const order: PreviewOrder = { file: file.name };
        await jobs.queue({ name: "preview" }, { callId, order, subject: file.name, isCatchUp });
      } catch (error) {
        log.error({ callId, file: file.name, err: error }, "a preview could not be queued");
      }
    }
  }

  /** Whether a file has no preview and no preview job yet. A film that is composed again gets a new preview. */
  #isDue({ id, film, previews = {} }: Manifest, { name }: RecordingFile): boolean {
    const since = film?.file.name === name ? film.composedAt : "";
    const isTry = ({ kind, subject, queuedAt }: Job) => kind === "preview" && subject === name && queuedAt >= since;
    return previews[name] === undefined && !this.#rooms.jobs.book.ofCall(id).some(isTry);
  }
}
