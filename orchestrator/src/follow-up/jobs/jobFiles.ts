import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import type { Paths } from "../../archive/library/paths.ts";
import type { JobId } from "../../ids.ts";
import { Job } from "./job.ts";

/** Jobs on the volume, one file each. */
export class JobFiles {
  readonly #paths: Paths;
  readonly #log: Logger;

  constructor(paths: Paths, log: Logger) {
    this.#paths = paths;
    this.#log = log;
  }

  async write(job: Job): Promise<void> {
    await mkdir(this.#paths.jobs, { recursive: true });
    await writeAtomically(this.#paths.job(job.id), `${JSON.stringify(job, null, 2)}\n`);
  }

  async remove(id: JobId): Promise<void> {
    await rm(this.#paths.job(id), { force: true });
  }

  /** All jobs, unordered. A file that cannot be read is logged and left in place. */
  async read(): Promise<Job[]> {
    const names = await readdir(this.#paths.jobs).catch(() => []);
    const jobs = await Promise.all(names.filter((name) => name.endsWith(".json")).map((name) => this.#readOne(name)));
    return jobs.filter((job) => job !== undefined);
  }

  async #readOne(name: string): Promise<Job | undefined> {
    const path = join(this.#paths.jobs, name);
    try {
      return Job.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      this.#log.error({ path, err: error }, "a job file cannot be read");
      return undefined;
    }
  }
}
