import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { type CallId, timeOf } from "../../ids.ts";
import type { Outbox } from "./outbox.ts";
import { type CallRecord, hasWaiting } from "./record.ts";
import { NOTHING_TOLD } from "./told.ts";

/** How long what is done with can be looked at, and sent again. */
export const KEEP_MS = 7 * 24 * 60 * 60_000;
/** Records of calls that change now and then stay in memory. */
const FORGET_AFTER_MS = 60 * 60_000;

interface Held {
  record: CallRecord;
  changedMs: number;
}

/** The records of calls: in memory while something waits, on disk before a change is made known. */
export class Records {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #held = new Map<CallId, Held>();
  /** One change after another for each call. */
  readonly #turns = new Map<CallId, Promise<unknown>>();

  constructor(outbox: Outbox, clock: Clock, log: Logger) {
    this.#outbox = outbox;
    this.#clock = clock;
    this.#log = log;
  }

  /** As far as it is in memory, which it is while anything of it waits. */
  held(id: CallId): CallRecord | undefined {
    return this.#held.get(id)?.record;
  }

  allHeld(): CallRecord[] {
    return [...this.#held.values()].map(({ record }) => record);
  }

  async read(id: CallId): Promise<CallRecord | undefined> {
    await this.#turns.get(id);
    return this.held(id) ?? (await this.#outbox.read(id));
  }

  callIds(): Promise<CallId[]> {
    return this.#outbox.callIds();
  }

  /**
   * Changes a record, and writes it down. A volume that cannot be written for a moment does not keep anything from
   * being told.
   *
   * @param change says by `false` that nothing has changed.
   */
  change(id: CallId, change: (record: CallRecord) => boolean): Promise<void> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(async () => {
      const record = this.held(id) ?? (await this.#outbox.read(id)) ?? newRecord(id);
      const hasChanged = change(record);
      this.#held.set(id, { record, changedMs: this.#clock.now().getTime() });
      if (!hasChanged) return;
      await this.#outbox.write(record).catch((error) => {
        this.#log.error({ code: "STORAGE_UNAVAILABLE", callId: id, err: error }, "webhook messages not written");
      });
    });
    this.#turns.set(id, turn);
    return turn.finally(() => {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    });
  }

  /** Resolves when all changes until now are on the volume. */
  async written(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
  }

  async remove(id: CallId): Promise<void> {
    await this.#turns.get(id);
    this.#held.delete(id);
    await this.#outbox.remove(id);
  }

  /** Lets go of what is done with: of memory soon, of the volume after a week. */
  async tidy(): Promise<void> {
    const now = this.#clock.now().getTime();
    for (const [id, { record, changedMs }] of this.#held) {
      if (!hasWaiting(record) && now - changedMs > FORGET_AFTER_MS) this.#held.delete(id);
    }
    for (const id of await this.#outbox.callIds()) {
      if (now - timeOf(id).getTime() < KEEP_MS || this.#held.has(id)) continue;
      const record = await this.#outbox.read(id);
      const last = record?.messages.at(-1)?.timestamp;
      if (last === undefined || now - Date.parse(last) >= KEEP_MS) await this.#outbox.remove(id);
    }
  }
}

const newRecord = (callId: CallId): CallRecord => ({ version: 1, callId, told: NOTHING_TOLD, messages: [] });
