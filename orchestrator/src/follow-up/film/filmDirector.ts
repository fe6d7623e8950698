import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import { isOver } from "../../archive/calls/view.ts";
import type { LegIn, Manifest, ManifestLeg } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import type { CallId, LegId } from "../../ids.ts";
import { isJobOver, type Job } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { type FilmConfiguration, filmFormOf } from "./filmForm.ts";
import { FilmOrder } from "./filmJob.ts";

const HOUR_MS = 60 * 60_000;
/** After a restart, calls that ended within this time get their missing film. */
const CATCH_UP_MS = 24 * HOUR_MS;
/** Maximum duration of a call that is considered. */
const LONGEST_CALL_MS = 48 * HOUR_MS;

interface DirectorRooms {
  calls: CallBook;
  clock: Clock;
  jobs: Jobs;
  log: Logger;
}

/** Decides which calls get a film, and when: after the last leg has ended and nobody has returned for a while. */
export class FilmDirector {
  readonly #configuration: FilmConfiguration;
  readonly #rooms: DirectorRooms;
  /** Calls in their grace period before the film is queued. */
  readonly #waiting = new Map<CallId, AbortController>();

  constructor(configuration: FilmConfiguration, rooms: DirectorRooms) {
    this.#configuration = configuration;
    this.#rooms = rooms;
  }

  /** Watches calls from now on, and catches up on earlier ones. */
  async watch(): Promise<void> {
    const { calls, clock } = this.#rooms;
    if (!this.#configuration.enabled) return;
    calls.on("change", (manifest) => this.#look(manifest));
    const now = clock.now().getTime();
    for await (const manifest of calls.all()) {
      if (Date.parse(manifest.startedAt) < now - LONGEST_CALL_MS) break;
      if (now - endOf(manifest) < CATCH_UP_MS) this.#look(manifest);
    }
  }

  #look(manifest: Manifest): void {
    const isAwaited = this.#waiting.has(manifest.id);
    if (!manifest.legs.every(({ state }) => isOver(state))) {
      this.#waiting.get(manifest.id)?.abort();
      void this.#cancel(manifest.id);
    } else if (!isAwaited && this.#isDue(manifest)) {
      void this.#queueAfterGrace(manifest.id);
    }
  }

  /** Whether a call has no film of its recordings and no film job for them yet. */
  #isDue(manifest: Manifest): boolean {
    const ready = readyLegs(manifest);
    if (ready.length < this.#configuration.minimumLegs) return false;
    // The last files of a rolled-over leg may be finished after the leg has ended.
    if (ready.some(({ files = [] }) => files.some(({ file, error }) => !file && !error))) return false;
    const tried = this.#filmJobs(manifest.id).map(({ order }) => FilmOrder.safeParse(order).data?.legs ?? []);
    return ![manifest.film?.legs ?? [], ...tried].some((legs) => areThose(legs, ready));
  }

  async #queueAfterGrace(callId: CallId): Promise<void> {
    const { calls, clock, jobs, log } = this.#rooms;
    const stop = new AbortController();
    this.#waiting.set(callId, stop);
    await clock.sleep(this.#configuration.graceSeconds * 1000, stop.signal);
    this.#waiting.delete(callId);
    if (stop.signal.aborted) return;
    try {
      const manifest = await calls.get(callId);
      if (!manifest || !this.#isDue(manifest)) return;
      const legs = readyLegs(manifest);
      const form = filmFormOf(
        this.#configuration,
        legs.map(({ metadata }) => metadata),
      );
      if (form) await jobs.queue({ name: "film" }, { callId, order: { form, legs: legs.map(({ id }) => id) } });
    } catch (error) {
      log.error({ callId, err: error }, "a film could not be queued");
    }
  }

  /** A participant returned: the film is made after they have left again. */
  async #cancel(callId: CallId): Promise<void> {
    const { jobs } = this.#rooms;
    for (const job of this.#filmJobs(callId)) {
      if (isJobOver(job)) continue;
      await jobs.cancel(job.id).catch(() => undefined);
      await jobs.book.forget(job.id);
    }
  }

  #filmJobs(callId: CallId): Job[] {
    return this.#rooms.jobs.book.ofCall(callId).filter(({ kind }) => kind === "film");
  }
}

const readyLegs = ({ legs }: Manifest): LegIn<"ready">[] =>
  legs.filter((leg: ManifestLeg): leg is LegIn<"ready"> => leg.state === "ready");

const areThose = (ids: readonly LegId[], legs: readonly { id: LegId }[]) =>
  ids.length === legs.length && legs.every(({ id }) => ids.includes(id));

function endOf({ legs }: Manifest): number {
  return Math.max(0, ...legs.flatMap((leg) => ("endedAt" in leg ? [Date.parse(leg.endedAt)] : [])));
}
