import { z } from "zod";
import type { Paths } from "../../archive/library/paths.ts";
import type { Clock } from "../../clock.ts";
import type { Slots } from "../../slots.ts";
import type { JobAtWork, JobKind } from "../jobs/jobKind.ts";
import type { JobWork } from "../jobs/jobWork.ts";
import { inventory } from "./inventory.ts";
import { endedWith, percentOf } from "./uploaderWords.ts";
import type { UploadNotifier } from "./uploadNotifier.ts";
import type { UploadRecords } from "./uploadRecords.ts";

/** Seconds at first, an hour at last, for a day. */
export const RETRIES = { attempts: 30, firstPauseMs: 5_000, lastPauseMs: 60 * 60_000 };
/** So often the remote is tried before its fallback has a turn; from then on they take turns. */
const PATIENCE_ATTEMPTS = 3;
/** What rclone holds in memory of two files at once. */
const MEMORY_MEBIBYTES = 512;
const CPUS = 1;

export interface UploaderSettings {
  image: string;
  network: string;
  /** The volume with rclone's configuration. */
  configuration: string;
  /** A remote of that configuration, and a path in it. */
  remote: string;
  fallback: string | undefined;
}

export interface UploadSurroundings {
  settings: UploaderSettings;
  paths: Paths;
  records: UploadRecords;
  /** Of all uploaders together. */
  slots: Slots;
  clock: Clock;
  webhooks: Pick<UploadNotifier, "publish">;
}

const Order = z.object({});
type Order = z.infer<typeof Order>;

/** Copies a call's folder to a remote, and notes what was found there to be the same as here. */
export function uploadKind(surroundings: UploadSurroundings): JobKind<Order> {
  return {
    name: "upload",
    order: Order,
    load: "light",
    retries: RETRIES,
    run: (job, work) => surroundings.slots.use(() => upload(job, work, surroundings)),
    // What was copied stays for the next try, which anybody may ask for.
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
  if (here.length === 0) return; // it was removed in the meantime
  const remote = remoteOf(attempts, settings);
  const onLine = (line: string) => work.progress(percentOf(line) ?? 0);
  const result = await work.container({ ...uploader("upload", remote, paths.callName(callId), settings), onLine });
  const { by } = endedWith("verified", result);
  // An uploader of an earlier life may have begun before something changed here: that is uploaded once more.
  const files = here.filter(({ modifiedMs }) => modifiedMs < Date.parse(startedAt));
  await records.write(callId, { version: 1, remote, verifiedAt: clock.now().toISOString(), verifiedBy: by, files });
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  work.log.info({ remote, files: files.length, bytes, verifiedBy: by }, "call uploaded");
  await webhooks.publish(callId, { type: "upload.done", data: { callId, remote, files: files.length, bytes } });
}

/** Which remote an attempt is for. */
export function remoteOf(attempt: number, { remote, fallback }: Pick<UploaderSettings, "remote" | "fallback">): string {
  const isFallbacksTurn = attempt > PATIENCE_ATTEMPTS && (attempt - PATIENCE_ATTEMPTS) % 2 === 1;
  return (isFallbacksTurn && fallback) || remote;
}

/** The container that does one of its things with a call's folder. */
export function uploader(
  what: "upload" | "remove" | "follow",
  remote: string,
  folder: string,
  settings: UploaderSettings,
) {
  const { image, network, configuration } = settings;
  const command = [what, remote.replace(/\/+$/, ""), folder];
  return { command, image, network, configuration, memoryMebibytes: MEMORY_MEBIBYTES, cpus: CPUS };
}
