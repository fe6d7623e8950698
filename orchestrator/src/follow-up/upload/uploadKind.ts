import { z } from "zod";
import type { Paths } from "../../archive/library/paths.ts";
import type { Clock } from "../../clock.ts";
import type { Slots } from "../../slots.ts";
import type { JobAtWork, JobKind } from "../jobs/jobKind.ts";
import type { JobWork } from "../jobs/jobWork.ts";
import { inventory } from "./inventory.ts";
import { endedWith, percentOf } from "./uploaderOutput.ts";
import type { UploadNotifier } from "./uploadNotifier.ts";
import type { UploadRecords } from "./uploadRecords.ts";

/** Pauses grow from seconds to an hour; retries go on for about a day. */
export const RETRIES = { attempts: 30, firstPauseMs: 5_000, lastPauseMs: 60 * 60_000 };
/** Attempts at the remote before the fallback is used; after that, the two alternate. */
const ATTEMPTS_BEFORE_FALLBACK = 3;
/** rclone buffers parts of two files at once. */
const MEMORY_MEBIBYTES = 512;
const CPUS = 1;

export interface UploaderSettings {
  image: string;
  network: string;
  /** The volume that contains rclone's configuration. */
  configuration: string;
  /** A remote of that configuration and a path in it. */
  remote: string;
  fallback: string | undefined;
}

export interface UploadSurroundings {
  settings: UploaderSettings;
  paths: Paths;
  records: UploadRecords;
  /** Limits the number of concurrent uploaders. */
  slots: Slots;
  clock: Clock;
  webhooks: Pick<UploadNotifier, "publish">;
}

const Order = z.object({});
type Order = z.infer<typeof Order>;

/** Copies a call's folder to a remote and records the files that were verified there. */
export function uploadKind(surroundings: UploadSurroundings): JobKind<Order> {
  return {
    name: "upload",
    order: Order,
    load: "light",
    retries: RETRIES,
    run: (job, work) => surroundings.slots.use(() => upload(job, work, surroundings)),
    // Copied files stay on the remote for a later retry.
    clean: async () => undefined,
  };
}

async function upload(
  { callId, attempts, startedAt }: JobAtWork<Order>,
  work: JobWork,
  { settings, paths, records, clock, webhooks }: UploadSurroundings,
): Promise<void> {
  work.signal.throwIfAborted();
  const here = await inventory(paths.call(callId));
  if (here.length === 0) return; // the call was removed in between
  const remote = remoteOf(attempts, settings);
  const onLine = (line: string) => work.progress(percentOf(line) ?? 0);
  const result = await work.container({ ...uploader("upload", remote, paths.callName(callId), settings), onLine });
  const { by } = endedWith("verified", result);
  // An adopted uploader may have started before a file changed here; such files are uploaded again.
  const files = here.filter(({ modifiedMs }) => modifiedMs < Date.parse(startedAt));
  await records.write(callId, { version: 1, remote, verifiedAt: clock.now().toISOString(), verifiedBy: by, files });
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  work.log.info({ remote, files: files.length, bytes, verifiedBy: by }, "call uploaded");
  await webhooks.publish(callId, { type: "upload.done", data: { callId, remote, files: files.length, bytes } });
}

/** The remote that an attempt uses. */
export function remoteOf(attempt: number, { remote, fallback }: Pick<UploaderSettings, "remote" | "fallback">): string {
  const usesFallback = attempt > ATTEMPTS_BEFORE_FALLBACK && (attempt - ATTEMPTS_BEFORE_FALLBACK) % 2 === 1;
  return (usesFallback && fallback) || remote;
}

/** The container that runs one uploader command on a call's folder. */
export function uploader(
  action: "upload" | "remove" | "follow",
  remote: string,
  folder: string,
  settings: UploaderSettings,
) {
  const { image, network, configuration } = settings;
  const command = [action, remote.replace(/\/+$/, ""), folder];
  return { command, image, network, configuration, memoryMebibytes: MEMORY_MEBIBYTES, cpus: CPUS };
}
