import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { type CallId, timeOf } from "../../ids.ts";
import type { Outbox } from "./outbox.ts";
import { NOTHING_PUBLISHED } from "./publishedEvents.ts";
import { type CallRecord, hasWaiting } from "./record.ts";

/** How long finished messages can be read and sent again. */
export const KEEP_MS = 7 * 24 * 60 * 60_000;
/** A record without waiting messages stays in memory for this long after its last change. */
const FORGET_AFTER_MS = 60 * 60_000;

interface CacheEntry {
  record: CallRecord;
  changedMs: number;
}

/** The records of calls: cached in memory while messages wait, and written to disk with each change. */
export class Records {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #cache = new Map<CallId, CacheEntry>();
  /** Serialises the changes of each call. */
  readonly #changes = new Map<CallId, Promise<unknown>>();

  constructor(outbox: Outbox, clock: Clock, log: Logger) {
    this.#outbox = outbox;
    this.#clock = clock;
    this.#log = log;
  }

  /** The record if it is in memory, as it is while any of its messages waits. */
  cached(id: CallId): CallRecord | undefined {
    return this.#cache.get(id)?.record;
  }

  allCached(): CallRecord[] {
    return [...this.#cache.values()].map(({ record }) => record);
  }

  async read(id: CallId): Promise<CallRecord | undefined> {
    await this.#changes.get(id);
    return this.cached(id) ?? (await this.#outbox.read(id));
  }

  callIds(): Promise<CallId[]> {
    return this.#outbox.callIds();
  }

  /**
   * Changes a record and writes it to the volume. A write error is logged and does not prevent the delivery.
   *
   * @param change returns `false` if it changed nothing.
   */
  change(id: CallId, change: (record: CallRecord) => boolean): Promise<void> {
    const turn = (this.#changes.get(id) ?? Promise.resolve()).then(async () => {
      const record = this.cached(id) ?? (await this.#outbox.read(id)) ?? newRecord(id);
      const hasChanged = change(record);
      this.#cache.set(id, { record, changedMs: this.#clock.now().getTime() });
      if (!hasChanged) return;
      await this.#outbox.write(record).catch((error) => {
        this.#log.error(
          { code: "STORAGE_UNAVAILABLE", callId: id, err: error },
          "webhook messages could not be written",
        );
      });
    });
    this.#changes.set(id, turn);
    return turn.finally(() => {
      if (this.#changes.get(id) === turn) this.#changes.delete(id);
    });
  }

  /** Resolves when all changes until now are on the volume. */
  async written(): Promise<void> {
    await Promise.allSettled(this.#changes.values());
  }

  async remove(id: CallId): Promise<void> {
    await this.#changes.get(id);
    this.#cache.delete(id);
    await this.#outbox.remove(id);
  }

  /** Removes finished records: from memory after an hour, from the volume after a week. */
  async tidy(): Promise<void> {
    const now = this.#clock.now().getTime();
    for (const [id, { record, changedMs }] of this.#cache) {
      if (!hasWaiting(record) && now - changedMs > FORGET_AFTER_MS) this.#cache.delete(id);
    }
    for (const id of await this.#outbox.callIds()) {
      if (now - timeOf(id).getTime() < KEEP_MS || this.#cache.has(id)) continue;
      const record = await this.#outbox.read(id);
      const last = record?.messages.at(-1)?.timestamp;
      if (last === undefined || now - Date.parse(last) >= KEEP_MS) await this.#outbox.remove(id);
    }
  }
}

const newRecord = (callId: CallId): CallRecord => ({ version: 1, callId, told: NOTHING_PUBLISHED, messages: [] });
