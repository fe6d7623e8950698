import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import type { CallId } from "../../ids.ts";
import { isJobOver } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { type LiveConfiguration, LiveOrder, liveOrderOf, showsPictures, soundOf } from "./liveForm.ts";
import { LIVE } from "./liveJob.ts";

/** Regular checks are needed because a participant may return while the previous stream is ending. */
const LOOK_INTERVAL_MS = 2_000;

interface DirectorRooms {
  calls: CallBook;
  clock: Clock;
  jobs: Jobs;
  log: Logger;
}

/** Decides which calls are streamed live, from the start of their first recording. */
export class LiveDirector {
  readonly #configuration: LiveConfiguration;
  readonly #rooms: DirectorRooms;
  /** Calls for which the refusal was already logged. */
  readonly #refused = new Set<CallId>();

  constructor(configuration: LiveConfiguration, rooms: DirectorRooms) {
    this.#configuration = configuration;
    this.#rooms = rooms;
  }

  /** Checks a call on every change, and all running calls regularly. */
  async watch(until: AbortSignal): Promise<void> {
    const { calls, clock } = this.#rooms;
    const { outputs, push } = this.#configuration;
    if (outputs.length + push.length === 0) return;
    const look = (manifest: Manifest) => void this.#look(manifest);
    calls.on("change", look);
    until.addEventListener("abort", () => calls.off("change", look));
    while (!until.aborted) {
      for (const manifest of calls.running()) await this.#look(manifest);
      await clock.sleep(LOOK_INTERVAL_MS, until);
    }
  }

  async #look({ id, legs }: Manifest): Promise<void> {
    const { jobs, log } = this.#rooms;
    if (!legs.some(({ state }) => state === "recording")) return;
    const streams = jobs.book.all().filter((job) => job.kind === LIVE);
    const own = streams.filter(({ callId }) => callId === id);
    // A cancelled stream is not wanted, and one that failed permanently would fail again.
    if (own.some((job) => job.state !== "done")) return;
    const active = streams.filter((job) => !isJobOver(job)).flatMap((job) => LiveOrder.safeParse(job.order).data ?? []);
    const wanted = liveOrderOf(
      this.#configuration,
      legs.map(({ metadata }) => metadata),
      active.flatMap(({ pushes }) => pushes),
    );
    if (!wanted) return;
    const isRefused = showsPictures(wanted) && active.filter(showsPictures).length >= this.#configuration.concurrent;
    if (isRefused && !this.#refused.has(id)) {
      log.warn({ callId: id }, "the limit of live streams is reached; this call is not shown");
    }
    if (isRefused) this.#refused.add(id);
    else this.#refused.delete(id);
    const order = isRefused ? soundOf(wanted) : wanted;
    if (!order) return;
    try {
      await jobs.queue({ name: LIVE }, { callId: id, order });
    } catch (error) {
      log.error({ callId: id, err: error }, "a live stream could not be queued");
    }
  }
}
