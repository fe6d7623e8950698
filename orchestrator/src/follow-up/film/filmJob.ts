import { rm } from "node:fs/promises";
import { relative } from "node:path";
import { z } from "zod";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { writeAtomically } from "../../archive/library/atomicFile.ts";
import type { Library } from "../../archive/library/library.ts";
import type { LegIn } from "../../archive/library/manifest.ts";
import type { Storage } from "../../archive/library/storage.ts";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import { isLegId, type LegId } from "../../ids.ts";
import type { JobAtWork, JobKind, RetrySchedule } from "../jobs/jobKind.ts";
import { type JobWork, mustSucceed } from "../jobs/jobWork.ts";
import { type Cast, castOf } from "./cast.ts";
import { FilmForm } from "./filmForm.ts";
import { filterGraph } from "./filterGraph.ts";
import { planLines } from "./plan.ts";

export const FilmOrder = z.object({
  form: FilmForm,
  /** The legs whose recordings are combined. */
  legs: z.array(z.custom<LegId>((value) => typeof value === "string" && isLegId(value))).min(1),
});
export type FilmOrder = z.infer<typeof FilmOrder>;

/** Temporary errors of the engine or the volume pass within minutes; other errors will not go away. */
const RETRIES: RetrySchedule = { attempts: 5, firstPauseMs: 5_000, lastPauseMs: 5 * 60_000 };
/** ffmpeg uses three threads for each recording, and a participant who returns often has many recordings. */
const PIDS = 256;

/** A film takes less time than its recordings last; beside many calls it gets little of the processor. */
const LIMIT_FACTOR = 10;
const LEAST_LIMIT_MS = 15 * 60_000;

const Progress = z.object({ event: z.literal("progress"), percent: z.number() });

interface FilmRooms {
  calls: CallBook;
  clock: Clock;
  library: Library;
  storage: Pick<Storage, "check">;
}

/** Combines the recordings of a call into one file, `film.<format>` in the call's folder. */
export class FilmKind implements JobKind<FilmOrder> {
  readonly name = "film";
  readonly order = FilmOrder;
  readonly load = "heavy";
  readonly retries = RETRIES;
  readonly #rooms: FilmRooms;

  constructor(rooms: FilmRooms) {
    this.#rooms = rooms;
  }

  async run({ id, callId, order }: JobAtWork<FilmOrder>, work: JobWork): Promise<void> {
    const { calls, clock, library, storage } = this.#rooms;
    const { paths } = library;
    const { form } = order;
    const manifest = await calls.get(callId);
    const legs = (manifest?.legs ?? []).filter((leg): leg is LegIn<"ready"> => leg.state === "ready");
    const taken = legs.filter((leg) => order.legs.includes(leg.id));
    if (taken.length === 0) throw new RecorderError("FILE_NOT_FOUND", "none of its recordings exists any more");
    await storage.check();
    const cast = castOf(taken);
    const folder = relative(paths.root, paths.call(callId));
    const graph = filterGraph(cast, form);
    await writeAtomically(paths.plan(id), `${planLines({ form, cast, graph, callId, folder }).join("\n")}\n`);
    const onLine = (line: string) => work.progress(percentOf(line));
    const limitMs = limitOf(cast);
    const result = await work.container({ command: ["compose", id], pids: PIDS, limitMs, onLine });
    const file = await library.keepFilm(id, callId, form.format, lastJson(mustSucceed(result)));
    const legIds = taken.map((leg) => leg.id);
    await calls.recordFilm(callId, { file, legs: legIds, composedAt: clock.now().toISOString() });
    await this.clean({ id, order });
    work.log.info({ file: file.name, bytes: file.bytes, seconds: file.durationSeconds }, "film ready");
  }

  async clean({ id, order }: Pick<JobAtWork<FilmOrder>, "id" | "order">): Promise<void> {
    const { paths } = this.#rooms.library;
    for (const path of [paths.plan(id), paths.composed(id, order.form.format)]) await rm(path, { force: true });
  }
}

/** By the length of the film, and of all recordings that are decoded for it. */
function limitOf({ roles, durationSeconds }: Cast): number {
  const decoded = roles.flatMap(({ takes }) => takes).reduce((sum, take) => sum + take.durationSeconds, 0);
  return LEAST_LIMIT_MS + LIMIT_FACTOR * (durationSeconds + decoded) * 1000;
}

function percentOf(line: string): number {
  try {
    return Progress.parse(JSON.parse(line)).percent;
  } catch {
    return 0;
  }
}

/** The output of ffprobe: all lines that are not progress events. */
function lastJson(stdout: string): string {
  return stdout
    .split("\n")
    .filter((line) => !line.startsWith('{"event"'))
    .join("\n");
}
