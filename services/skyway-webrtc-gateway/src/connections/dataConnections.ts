import type { Clock } from "@skyway-call-recorder/process/clock.ts";
import type { DataConnection } from "./dataConnection.ts";
import { noDataTotals } from "./earlyMessages.ts";
import { EndedIds } from "./endedIds.ts";

/** All data connections by id. Ended ones are kept for a while, so that CLOSE can be read. */
export class DataConnections {
  readonly totals = noDataTotals();
  readonly #all = new Map<string, DataConnection>();
  readonly #ended: EndedIds;

  constructor(clock: Clock) {
    this.#ended = new EndedIds(clock, (id) => this.#all.delete(id));
  }

  add(connection: DataConnection): void {
    this.#all.set(connection.id, connection);
  }

  find(id: string): DataConnection | undefined {
    return this.#all.get(id);
  }

  /** Keeps an ended connection for a while. */
  retire({ id }: DataConnection): void {
    this.#ended.add(id);
  }
}
