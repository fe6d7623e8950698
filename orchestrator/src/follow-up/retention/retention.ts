import { Counter, type Registry } from "prom-client";
import { isOver } from "../../archive/calls/view.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import { asRecorderError } from "../../errors.ts";
import { callsToRemove, type RetentionLimits, type StoredCall } from "./callsToRemove.ts";
import { type RemovalRooms, removeCall } from "./removeCall.ts";

const LOOK_INTERVAL_MS = 5 * 60_000;

export interface RetentionSources extends RemovalRooms {
  clock: Clock;
  metrics: Registry;
  /** Whether the local files are not needed any more: no job uses them, and all of them are uploaded if uploads are on. */
  isSafe(manifest: Manifest): boolean | Promise<boolean>;
}

/** Removes calls that are too old or use too much space, but never one that is running or not yet uploaded. */
export class Retention {
  readonly #limits: RetentionLimits;
  readonly #sources: RetentionSources;
  readonly #removals: Counter<"why">;

  constructor(limits: RetentionLimits, sources: RetentionSources) {
    this.#limits = limits;
    this.#sources = sources;
    this.#removals = new Counter({
      name: "call_recorder_retention_removals_total",
      help: "Calls removed by retention because of their age (age) or of the total size (size).",
      labelNames: ["why"],
      registers: [sources.metrics],
    });
    for (const why of ["age", "size"]) this.#removals.inc({ why }, 0);
  }

  /** Sweeps now and then regularly, until it is aborted. */
  async watch(until: AbortSignal): Promise<void> {
    const { days, gigabytes } = this.#limits;
    if (days === 0 && gigabytes === 0) return;
    while (!until.aborted) {
      await this.sweep(until);
      await this.#sources.clock.sleep(LOOK_INTERVAL_MS, until);
    }
  }

  /** A call that cannot be removed is logged and stays. Never throws. */
  async sweep(until?: AbortSignal): Promise<void> {
    const { calls, clock, log } = this.#sources;
    try {
      const stored: StoredCall[] = [];
      for await (const manifest of calls.all()) {
        if (until?.aborted) return;
        stored.push(await this.#look(manifest));
      }
      for (const { id, bytes, why } of callsToRemove(stored, this.#limits, clock.now())) {
        if (until?.aborted) return;
        await this.#remove(id, bytes, why);
      }
    } catch (error) {
      log.error({ err: error }, "retention could not read all calls");
    }
  }

  async #look(manifest: Manifest): Promise<StoredCall> {
    const { calls, runningLegs, isSafe, library } = this.#sources;
    const { id, legs } = manifest;
    const ends = legs.flatMap((leg) => (isOver(leg.state) && "endedAt" in leg ? [Date.parse(leg.endedAt)] : []));
    const isDone = ends.length === legs.length && !runningLegs.isBusy(id) && !calls.mayBeRejoined(manifest);
    const mayGo = isDone && (await isSafe(manifest));
    return { id, bytes: await library.bytesOf(id), endedMs: mayGo ? Math.max(0, ...ends) : undefined };
  }

  async #remove(id: StoredCall["id"], bytes: number, why: "age" | "size"): Promise<void> {
    const { calls, log } = this.#sources;
    try {
      const manifest = await calls.get(id);
      if (!manifest) return;
      await removeCall(manifest, this.#sources);
      this.#removals.inc({ why });
      log.info({ callId: id, bytes, why }, "call removed by retention");
    } catch (error) {
      const { code, message } = asRecorderError(error);
      log.warn({ code, callId: id, reason: message }, "retention could not remove a call");
    }
  }
}
