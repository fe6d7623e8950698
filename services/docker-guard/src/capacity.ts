import { readFile } from "node:fs/promises";
import { defaultRecorderLimit, MOST_RECORDERS } from "@skyway-call-recorder/process/recorderLimit.ts";
import { parse } from "yaml";
import { z } from "zod";

const MEBIBYTE = 1024 * 1024;
const MAX_MEBIBYTES = 2_048;
/** Recorders that end, that follow another one, or are joined elsewhere: a call never has more than two containers. */
const CONTAINERS_PER_RECORDER = 2;
/** Jobs, and containers that wait for their removal. */
const MORE_CONTAINERS = 40;
/** Of a container: a wait for its end, and its log. */
const OPEN_REQUESTS_PER_CONTAINER = 2;
/** Those of a client that has gone without notice end a little later. */
const MORE_OPEN_REQUESTS = 64;
/** An uploader has this much. */
const LEAST_JOB_MEBIBYTES = 512;

/** What the orchestrator may use of the host. */
export interface Capacity {
  /** Containers of this bundle's recorders and jobs, running or not. */
  containers: number;
  /** Requests that wait for the end of a container or follow its log. */
  openRequests: number;
  /** Most memory of a recorder, and of a job. */
  recorderBytes: number;
  jobBytes: number;
}

const mebibytes = (otherwise: number) => z.int().min(1).max(MAX_MEBIBYTES).default(otherwise).catch(otherwise);

/** The settings of the orchestrator that decide about its containers, with the orchestrator's defaults. */
const Settings = z.object({
  maxConcurrentRecorders: z
    .int()
    .min(1)
    .max(MOST_RECORDERS)
    .default(() => defaultRecorderLimit())
    .catch(() => defaultRecorderLimit()),
  recorder: z
    .object({ memoryMebibytes: mebibytes(256) })
    .prefault({})
    .catch({ memoryMebibytes: 256 }),
  jobs: z
    .object({ memoryMebibytes: mebibytes(1_024) })
    .prefault({})
    .catch({ memoryMebibytes: 1_024 }),
});

/**
 * The capacity that the operator's configuration needs, and no more.
 *
 * @param file the orchestrator's configuration file; without one, or if it is invalid, its defaults apply.
 * @param maxConcurrentRecorders overrides the file, as it does for the orchestrator.
 */
export async function readCapacity(file: string | undefined, maxConcurrentRecorders?: number): Promise<Capacity> {
  const { recorder, jobs, ...settings } = Settings.parse(file === undefined ? {} : await contentOf(file));
  const recorders = maxConcurrentRecorders ?? settings.maxConcurrentRecorders;
  const containers = recorders * CONTAINERS_PER_RECORDER + MORE_CONTAINERS;
  return {
    containers,
    openRequests: containers * OPEN_REQUESTS_PER_CONTAINER + MORE_OPEN_REQUESTS,
    recorderBytes: recorder.memoryMebibytes * MEBIBYTE,
    jobBytes: Math.max(jobs.memoryMebibytes, LEAST_JOB_MEBIBYTES) * MEBIBYTE,
  };
}

async function contentOf(file: string): Promise<object> {
  try {
    return z.record(z.string(), z.unknown()).parse(parse(await readFile(file, "utf8")) ?? {});
  } catch {
    return {}; // the orchestrator says what is wrong with it
  }
}
