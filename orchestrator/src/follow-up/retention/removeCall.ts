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
  desk: RunningLegs;
  jobs: Pick<Jobs, "forgetCall">;
  library: Library;
  log: Logger;
  uploads: Pick<Uploads, "forget">;
  /** What operators' programs were told of calls. */
  webhooks: { forget(callId: CallId): Promise<void> };
}

/**
 * Removes all of a call: its files, its manifest, and what was told of it. May be asked again for what was left.
 *
 * @returns what was removed, by its path below the volume.
 * @throws RecorderError CALL_GOES_ON, or NOT_ALL_REMOVED, which says what is left and why.
 */
export async function removeCall({ id, legs }: Manifest, rooms: RemovalRooms): Promise<string[]> {
  const { calls, clock, desk, jobs, library, log, uploads, webhooks } = rooms;
  if (desk.isBusy(id) || !legs.every(({ state }) => isOver(state))) throw new RecorderError("CALL_GOES_ON", id);
  // From here on no leg joins it.
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
