import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { isOver } from "../../archive/calls/view.ts";
import type { Library } from "../../archive/library/library.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { CallId } from "../../ids.ts";
import { allRecordersOf } from "../../recording/legs/parts.ts";
import type { RunningLegs } from "../../recording/legs/runningLegs.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Uploads } from "../upload/uploads.ts";

export interface RemovalRooms {
  calls: CallBook;
  clock: Clock;
  runningLegs: RunningLegs;
  jobs: Pick<Jobs, "forgetCall">;
  library: Library;
  log: Logger;
  uploads: Pick<Uploads, "forget">;
  /** What operators' programs were told of calls. */
  webhooks: { forget(callId: CallId): Promise<void> };
}

/**
 * Removes all data of a call: its files, its manifest and its webhook messages. Can be called again for files that
 * could not be removed.
 *
 * @returns the removed files, by their path on the volume.
 * @throws RecorderError CALL_GOES_ON, or NOT_ALL_REMOVED with the remaining files and the reasons.
 */
export async function removeCall({ id, legs }: Manifest, rooms: RemovalRooms): Promise<string[]> {
  const { calls, clock, runningLegs, jobs, library, log, uploads, webhooks } = rooms;
  if (runningLegs.isBusy(id) || !legs.every(({ state }) => isOver(state))) throw new RecorderError("CALL_GOES_ON", id);
  // From here on, no leg can join it.
  await calls.close(id);
  await jobs.forgetCall(id);
  const recorders = legs.flatMap((leg) => allRecordersOf(leg));
  const { removed, left } = await library.removeCall(id, recorders, clock.now());
  if (left.length > 0) {
    log.error({ code: "NOT_ALL_REMOVED", callId: id, removed: removed.length, left }, "call not removed");
    throw new RecorderError("NOT_ALL_REMOVED", left.map(({ path, reason }) => `${path} (${reason})`).join(", "));
  }
  await uploads.forget(id);
  await webhooks.forget(id);
  calls.emit("removed", id);
  log.info({ callId: id, files: removed.length }, "call removed");
  return removed;
}
