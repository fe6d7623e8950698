import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import type { CallId } from "../../ids.ts";
import { isJobOver } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { type LiveConfiguration, LiveOrder, liveOrderOf, showsPictures, soundOf } from "./liveForm.ts";
import { LIVE } from "./liveJob.ts";

/** Somebody may have come back while the stream of before was ending. */
const LOOK_INTERVAL_MS = 2_000;

interface DirectorRooms {
  calls: CallBook;
  clock: Clock;
  jobs: Jobs;
  log: Logger;
}

/** Decides which calls are shown while they go on: from the moment on at which something is recorded of them. */
export class LiveDirector {
  readonly #configuration: LiveConfiguration;
  readonly #rooms: DirectorRooms;
  /** Calls of which the log has said that there is no room for their streams. */
  readonly #refused = new Set<CallId>();

  constructor(configuration: LiveConfiguration, rooms: DirectorRooms) {
    this.#configuration = configuration;
    this.#rooms = rooms;
  }

  /** Looks at every change of a call, and at all that go on now and then. */
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
    // Whoever cancelled it does not want it, and what failed for good would fail again.
    if (own.some((job) => job.state !== "done")) return;
    const goingOn = streams
      .filter((job) => !isJobOver(job))
      .flatMap((job) => LiveOrder.safeParse(job.order).data ?? []);
    const wanted = liveOrderOf(
      this.#configuration,
      legs.map(({ metadata }) => metadata),
      goingOn.flatMap(({ pushes }) => pushes),
    );
    if (!wanted) return;
    const isRefused = showsPictures(wanted) && goingOn.filter(showsPictures).length >= this.#configuration.concurrent;
    if (isRefused && !this.#refused.has(id)) {
      log.warn({ callId: id }, "as many calls are shown live as may be; this one is not");
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
