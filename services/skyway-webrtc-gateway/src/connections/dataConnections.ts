import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { DataConnection } from "./dataConnection.ts";
import { ENDED_KEPT_MS, MAX_ENDED_KEPT } from "./mediaConnections.ts";

/** All data connections by id; ended ones for a while, so that CLOSE can be read. */
export class DataConnections {
  readonly #clock: Clock;
  readonly #all = new Map<string, DataConnection>();
  /** Oldest first, each with what stops its timer. */
  readonly #ended = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(connection: DataConnection): void {
    this.#all.set(connection.id, connection);
  }

  find(id: string): DataConnection | undefined {
    return this.#all.get(id);
  }

  retire({ id }: DataConnection): void {
    this.#ended.set(
      id,
      this.#clock.after(ENDED_KEPT_MS, () => this.#forget(id)),
    );
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= MAX_ENDED_KEPT) break;
      this.#forget(oldest);
    }
  }

  #forget(id: string): void {
    this.#ended.get(id)?.();
    this.#ended.delete(id);
    this.#all.delete(id);
  }
}
