import { Counter, type Registry } from "prom-client";
import { isOver } from "../../archive/calls/view.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { Clock } from "../../clock.ts";
import { asRecorderError } from "../../errors.ts";
import { type RetentionLimits, type StoredCall, tooMany } from "./choice.ts";
import { type RemovalRooms, removeCall } from "./removeCall.ts";

const LOOK_INTERVAL_MS = 5 * 60_000;

export interface RetentionSources extends RemovalRooms {
  clock: Clock;
  metrics: Registry;
  /** Whether nobody needs what is here any more: no job, and no remote where it should lie, too. */
  isSafe(manifest: Manifest): boolean | Promise<boolean>;
}

/** Removes calls that are too old, or too many: never one that goes on, or is not safe elsewhere though it should be. */
export class Retention {
  readonly #limits: RetentionLimits;
  readonly #sources: RetentionSources;
  readonly #removals: Counter<"why">;

  constructor(limits: RetentionLimits, sources: RetentionSources) {
    this.#limits = limits;
    this.#sources = sources;
    this.#removals = new Counter({
      name: "call_recorder_retention_removals_total",
      help: "Calls that were removed because they were too old (age), or because all together were too large (size).",
      labelNames: ["why"],
      registers: [sources.metrics],
    });
    for (const why of ["age", "size"]) this.#removals.inc({ why }, 0);
  }

  /** Looks now, and again and again until it is aborted. */
  async watch(until: AbortSignal): Promise<void> {
    const { days, gigabytes } = this.#limits;
    if (days === 0 && gigabytes === 0) return;
    while (!until.aborted) {
      await this.sweep(until);
      await this.#sources.clock.sleep(LOOK_INTERVAL_MS, until);
    }
  }

  /** What cannot be removed is said in the log, and stays. Never throws. */
  async sweep(until?: AbortSignal): Promise<void> {
    const { calls, clock, log } = this.#sources;
    try {
      const stored: StoredCall[] = [];
      for await (const manifest of calls.all()) {
        if (until?.aborted) return;
        stored.push(await this.#look(manifest));
      }
      for (const { id, bytes, why } of tooMany(stored, this.#limits, clock.now())) {
        if (until?.aborted) return;
        await this.#remove(id, bytes, why);
      }
    } catch (error) {
      log.error({ err: error }, "calls could not be looked through");
    }
  }

  async #look(manifest: Manifest): Promise<StoredCall> {
    const { calls, desk, isSafe, library } = this.#sources;
    const { id, legs } = manifest;
    const ends = legs.flatMap((leg) => (isOver(leg.state) && "endedAt" in leg ? [Date.parse(leg.endedAt)] : []));
    const isDone = ends.length === legs.length && !desk.isBusy(id) && !calls.mayBeRejoined(manifest);
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
